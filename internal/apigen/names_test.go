package main

import "testing"

func TestGoNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ContactId": "ContactID", "contactEntityId": "ContactEntityID", "PersonIds": "PersonIDs", "EMailUrl": "EMailURL", "Html2Text": "HTML2Text",
		"CRMScript": "CRMScript", "IdAndName": "IDAndName", "XsrfValue": "XSRFValue", "Identity": "Identity", "value_type": "ValueType", "2D": "N2D", "": "N",
		"GetUIDFromAppointmentId": "GetUIDFromAppointmentID", "Wgs84Latitude": "Wgs84Latitude", "IsSmtpOk": "IsSMTPOk",
	} {
		if got := goName(name); got != want {
			t.Errorf("goName(%q) is %q, want %q", name, got, want)
		}
	}
}

func TestParameterNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ContactId": "contactID", "Ids": "ids", "EMail": "email", "EMailUrl": "emailURL", "URL": "url", "UrlId": "urlID", "Type": "typ", "Select": "theSelect",
		"Ctx": "theCtx", "Id": "id", "Name": "name", "CRMScript": "crmScript", "Value": "theValue",
	} {
		if got := paramName(name); got != want {
			t.Errorf("paramName(%q) is %q, want %q", name, got, want)
		}
	}
}
