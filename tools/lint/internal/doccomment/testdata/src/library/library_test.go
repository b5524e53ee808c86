package library

func InATest() {}
