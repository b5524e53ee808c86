package main

import "os"

func init() { os.Getenv("HOME") }

func main() {}
