package a

func Exported() { used() }

func used() {}

func unused() {}

func forTests() {}

type marker struct{}

const left = 1
