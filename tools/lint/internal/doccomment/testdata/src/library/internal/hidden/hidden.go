package hidden

func Anything() {}
