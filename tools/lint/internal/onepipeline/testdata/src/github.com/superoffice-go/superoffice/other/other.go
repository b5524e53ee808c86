package other

import "net/http"

func elsewhere() { http.Get("") }
