package main

func Anything() {}

func main() {}
