package main

import (
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// paramFact is the fact on a parameter of a call: that in api/, or else what is
// known of parameters with its name in any call.
func paramFact(p apidef.Param, facts map[string]string) string {
	for _, fact := range []string{facts[p.Name], paramFacts[p.Name+" "+string(p.Type)], paramFacts[p.Name]} {
		if fact != "" {
			return fact
		}
	}
	if record, ok := strings.CutSuffix(p.Name, "Id"); ok && record != "" && p.Type == "int" {
		return "is the ID of the " + recordWords(record)
	}
	return ""
}

// recordWords are the words for a kind of record that the vendor calls by another.
func recordWords(record string) string {
	usual := map[string]string{"contact": "company", "ticket": "request", "associate": "user"}
	words := strings.Fields(phrase(record))
	for i, word := range words {
		if better, ok := usual[word]; ok {
			words[i] = better
		}
	}
	return strings.Join(words, " ")
}

// paramFacts are what parameters with one name, or with one name and type, are
// in every call that has one. api/ says what is so in one call only.
var paramFacts = map[string]string{
	"ApplicationName":                       "is the name of the application",
	"AttachmentIds":                         "are the IDs of the attachments",
	"Columns []string":                      "are the names of the columns",
	"Columns string":                        "holds the names of the columns, with commas between",
	"Context":                               "is the context of the call, for the provider",
	"Count":                                 "is the greatest number of results",
	"CrmActorType":                          "is the kind of record in SuperOffice",
	"CrmRecordId":                           "is the ID of the record in SuperOffice",
	"Culture":                               "is the culture of numbers, dates and texts, such as nb-NO",
	"CultureName":                           "is the language of dates and texts; empty for the server's",
	"CustomTags []string":                   "are the names of further variables",
	"CustomTags map[string]string":          "are the values of further variables, by name",
	"CustomValues":                          "are the values of the variables in CustomTags, in the same order",
	"DesiredColumns []string":               "are the names of the columns that are wanted",
	"DesiredColumns string":                 "holds the names of the columns that are wanted, with commas between",
	"DeviceIdentifier":                      "is the identifier of the device",
	"DeviceName":                            "is the name of the device",
	"DocumentTemplateIds":                   "are the IDs of the document templates",
	"EmailAddress":                          "is the e-mail address",
	"EndTime":                               "is the end of the period",
	"Entities []string":                     "are the kinds of rows that are wanted; empty for all",
	"Entities string":                       "holds the kinds of rows that are wanted, with commas between; empty for all",
	"ErpActorType":                          "is the kind of record in the ERP system",
	"ErpConnectionId":                       "is the ID of the connection to the ERP system",
	"ErpKey":                                "is the key of the record in the ERP system",
	"From":                                  "is the address of the sender",
	"GuiName":                               "is the name of the place in the user interface, for which columns are chosen",
	"ImapEMailConnectionInfo":               "says how to reach the mail server that stores the e-mail; nil if none is needed",
	"IncludeProjectAppointments":            "reports whether appointments of the person's projects are included",
	"IncludeProjectDocuments":               "reports whether documents of the person's projects are included",
	"KeyName":                               "is the name of the key",
	"LanguageCode":                          "is the code of the language that the file is in",
	"Options":                               "holds pairs of name and value for the provider",
	"OrderBy []ArchiveOrderByInfo":          "are the columns to sort by",
	"OrderBy string":                        "holds the columns to sort by, with commas between",
	"Page":                                  "is the number of the page, from 0",
	"PageNumber":                            "is the number of the page",
	"PageSize":                              "is the number of rows on a page",
	"PluginId":                              "is the ID of the document plug-in",
	"ProviderName":                          "is the name of the archive provider",
	"Restriction []ArchiveRestrictionInfo":  "are the conditions on the rows",
	"Restriction string":                    "holds the conditions on the rows, such as name begins 'Super' and category in (2,3); see [ArchiveRestrictionInfo]",
	"Restrictions []ArchiveRestrictionInfo": "are the conditions on the rows",
	"Restrictions string":                   "holds the conditions on the rows, such as name begins 'Super' and category in (2,3); see [ArchiveRestrictionInfo]",
	"SendEmailToParticipants":               "reports whether to send the participants an e-mail",
	"SmtpEMailConnectionInfo":               "says how to reach the mail server that sends the e-mail; nil if none is needed",
	"SortOrder []ArchiveOrderByInfo":        "are the columns to sort by",
	"SortOrder string":                      "holds the columns to sort by, with commas between",
	"StartTime":                             "is the beginning of the period",
	"StaticColumns []string":                "are the names of the static columns of the result",
	"StorageKey":                            "is the key that the criteria are stored under, such as the ID of a selection",
	"StorageType":                           "is the kind of storage that the criteria are in",
	"Subject":                               "is the subject of the e-mail",
	"TableName":                             "is the name of the table",
	"TaskHeadingId":                         "is the ID of the heading above the kinds of activity",
	"TaskId":                                "is the ID of the kind of activity",
	"TaskIds":                               "are the IDs of the kinds of activity",
	"TemplateHeadingId":                     "is the ID of the heading above the document templates",
	"To string":                             "is the address of the recipient",
	"Type UserType":                         "is the kind of user",
	"UdListDefinitionId":                    "is the ID of the list",
	"UiCulture":                             "is the culture of the user interface",
	"UpdateMode":                            "says how much of a series is concerned",
}
