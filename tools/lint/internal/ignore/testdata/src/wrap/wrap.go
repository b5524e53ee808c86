package wrap

func f() {}

func calls() {
	f() // want `a call \(nocalls\)`
	//lint:ignore nocalls the line above one is answered
	f()
	f() //lint:ignore nocalls so is the same line
	//lint:ignore other the reason is for another check
	f() // want "a call"
	//lint:ignore nocalls
	f() // want "a call"
	//lint:ignore nocalls too far up

	f() // want "a call"
}
