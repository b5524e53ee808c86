package a

import "github.com/jarcoal/httpmock"

func inATest() {
	httpmock.Activate() // want "httpmock.Activate is forbidden"
}
