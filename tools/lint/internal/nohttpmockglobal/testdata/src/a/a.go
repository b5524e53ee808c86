package a

import mock "github.com/jarcoal/httpmock"

func global() {
	mock.Activate()                // want "github.com/jarcoal/httpmock.Activate is forbidden here: it works on the whole process"
	defer mock.Reset()             // want "httpmock.Reset is forbidden"
	mock.RegisterResponder("", "") // want "httpmock.RegisterResponder is forbidden"
	mock.DefaultTransport.Reset()  // want "httpmock.DefaultTransport is forbidden"
}

func local() {
	transport := mock.NewMockTransport()
	transport.RegisterResponder("", "")
	transport.Reset()
}
