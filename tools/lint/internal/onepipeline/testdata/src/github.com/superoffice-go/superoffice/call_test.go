package superoffice

import "net/http"

func inATest() { http.Get("") }
