package a

import "testing"

func TestIt(*testing.T) { forTests() }

func helper() {}
