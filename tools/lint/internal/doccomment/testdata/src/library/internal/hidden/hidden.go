package hidden

func Anything() {}

// IsThere tells whether it is there. // want `"tells whether"`
func IsThere() bool { return true } // want "IsThere returns a bool"

// Link leads to [Anything] and to [Lost]. // want `link \[Lost\] leads nowhere`
func Link() {}
