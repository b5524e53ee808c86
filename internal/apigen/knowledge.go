package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// What follows is what we know and the vendor's documents do not say. import
// uses it for what is new; what api/ says already is left as it is.

// assumedTrue are the members, as "Owner.Member", whose false would silently
// widen what a call does: they are sent as true unless they were read from the
// server. A condition that is not active is dropped from its query.
var assumedTrue = map[string]bool{"ArchiveRestrictionInfo.IsActive": true}

// ownTypes are the types of members whose OpenAPI type says too little, by
// "Owner.Member".
var ownTypes = map[string]apidef.Type{
	"PersonEntity.BirthDate": "date",

	// The days of a series, which the server converts to no time zone.
	"RecurrenceInfo.StartDate": "date",
	"RecurrenceInfo.EndDate":   "date",
	"RecurrenceDate.Date":      "date",

	// Numbers in the OpenAPI document, objects in the vendor's own client.
	"TicketRelationAction.Children": "[]TicketRelationChild",

	"AppointmentEntity.AlarmLeadTime":       "span",
	"AppointmentEntity.LagTime":             "span",
	"AppointmentEntity.LeadTime":            "span",
	"Appointment.AlarmLeadTime":             "span",
	"SuggestedAppointmentEntity.Duration":   "span",
	"PocketNotificationMessage.Duration":    "span",
	"ErpSyncEngineStatus.Interval":          "span",
	"ChangeEngineIntervalRequest.Interval":  "span",
	"ChatOpeningHours.MonStart":             "span",
	"ChatOpeningHours.MonStop":              "span",
	"ChatOpeningHours.TueStart":             "span",
	"ChatOpeningHours.TueStop":              "span",
	"ChatOpeningHours.WedStart":             "span",
	"ChatOpeningHours.WedStop":              "span",
	"ChatOpeningHours.ThuStart":             "span",
	"ChatOpeningHours.ThuStop":              "span",
	"ChatOpeningHours.FriStart":             "span",
	"ChatOpeningHours.FriStop":              "span",
	"ChatOpeningHours.SatStart":             "span",
	"ChatOpeningHours.SatStop":              "span",
	"ChatOpeningHours.SunStart":             "span",
	"ChatOpeningHours.SunStop":              "span",
	"ChatOpeningHours.LunchStart":           "span",
	"ChatOpeningHours.LunchStop":            "span",
	"TableRight.Mask":                       "ETableRight",
	"FieldRight.Mask":                       "EFieldRight",
	"TaskListItem.Direction":                "TaskDirection",
	"DocumentTemplate.Direction":            "DocTmplDirection",
	"DocumentTemplateEntity.Direction":      "DocTmplDirection",
	"RecurrenceMonthPattern.Pattern":        "RecurrenceMonthlyPattern",
	"RecurrenceYearPattern.Pattern":         "RecurrenceYearlyPattern",
	"GetMyActiveContactsRequest.ActionType": "ContactAction",
}

// customFields are the members that hold encoded values by the names of their
// fields, wherever they are a dictionary of texts.
var customFields = []string{"CustomFields", "UserDefinedFields", "ExtraFields"}

// readVerbs begin the names of calls that change nothing. Everything else
// counts as a write.
var readVerbs = regexp.MustCompile(`^(Get|Find|Is|Has|Can|Validate|CreateDefault|Search|Sanitize)([A-Z0-9]|$)`)

// writes are calls that look like reads and may change something: they hand
// something out, generate, fetch into the database, or move a position. When in
// doubt, a call is here.
var writes = calls(`
	AI/GetChatbotResponse AI/GetChatbotPromptSuggestions AI/GetFormDesignFromImage AI/GetFormDesignFromUrl
	AI/GetFormDesignCssFromImage AI/GetFormDesignCssFromUrl AI/GetFirstFormDesignCssFromImage
	AI/GetFirstFormDesignCssFromUrl AI/GetNextFormDesignCss AI/Search
	Appointment/CreateDefaultAppointmentEntityFromProjectSuggestion Appointment/CreateDefaultAppointmentEntityFromSaleSuggestion
	Configuration/GetCSAuthUrl Configuration/GetLandingPage Configuration/GetRefreshedPageConfiguration
	Dash/GetTempTileSelection Dash/GetSecondaryTempTileSelection Diagnostics/GetNextTableNumber
	EMail/GetFolderHasNewEMail EMail/GetNewMail EMail/GetReadySyncEmailAccounts
	License/GetLicenseFromLicenseServer License/GetModuleLicenseHistoryFromLicenseServer License/GetLicenseStatusFromLicenseServer
	List/CreateDefaultDocumentTemplateLanguage
	ErpSync/ValidateArchiveColumnConfig
	Preference/GetXsrfValue Quote/GetOrderState Quote/ValidateQuoteVersion Selection/GetSelectionForFind
	Ticket/GetNextInQueue User/GetAccessToken User/GetOrRegisterAccessGatewayInfo
	ViewState/GetNextCurrent ViewState/GetPreviousCurrent
`)

// reads are calls that change nothing although their verbs do not say so.
var reads = calls(`
	Appointment/CalculateDays Appointment/WillSendEmail Chat/ChatSessionsForUser Chat/ChatTopicsForUser
	Configuration/ExistsSystemEvent CRMScript/ResolveIncludes CustomerService/CheckIfCustomizedTemplates
	CustomerService/CheckSymmetricEncryption CustomerService/EventHandlerExists CustomerService/EventHandlersExists
	CustomerService/SessionIsValid DatabaseTable/ReadRow Diagnostics/WebAppUsageExistsInPeriod
	EMail/LatestItemIdByFolder EMail/ResolveEMailRecipients ErpSync/SupportsAdvancedSearch Find/PopulateRestrictions
	Find/PopulateRestrictionValues Project/OfferAutoNextStatusOnApppointmentCompleted
	Sale/OfferAutoNextStageOnApppointmentCompleted Sale/SaleHasQuote Ticket/CalculateMessageRecipients Ticket/Html2Text
	Ticket/ResolveTicketId TimeZone/CheckNewTimeZoneDataAvailable TimeZone/TimeOfLastTimeZoneUpdate
	UserDefinedFieldInfo/DetectColumnIdChanges UserDefinedFieldInfo/DetectUnpublishedChanges
	UserDefinedFieldInfo/FigureOutListIdFromListTableIdAndUDListDefinitionId
`)

func calls(list string) map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(list) {
		set[name] = true
	}
	return set
}

// isWrite decides the class of a call.
func isWrite(agent, name string) bool {
	full := agent + "/" + name
	return writes[full] || !reads[full] && !readVerbs.MatchString(name)
}

// secretName matches parameters that nobody but the server may see.
var secretName = regexp.MustCompile(`(?i)(password|passphrase|secret|token$|ticket$|credential$|authorizationcode|nonce|pkceverifier|privatekey|xsrf)`)

func isSecret(name string, t apidef.Type) bool {
	return t == "string" && secretName.MatchString(name)
}

// enumNames finds an enum by its members, since the OpenAPI documents do not
// name enums.
type enumNames []*apidef.Enum

func newEnumNames(all []*apidef.Enum) enumNames { return all }

// find returns the enum that has the given members, or most of them: the lists
// of enums are of another release, or leave combined flags out.
func (names enumNames) find(where string, members []string) apidef.Type {
	var (
		best  apidef.Type = "string"
		score float64
	)
	for _, e := range names {
		common := 0
		for _, m := range e.Members {
			if slices.Contains(members, m.Name) {
				common++
			}
		}
		s := float64(2*common) / float64(len(members)+len(e.Members))
		if strings.HasSuffix(where, "."+e.Name) {
			s += 0.01 // of equals, the namesake
		}
		if s > score {
			best, score = apidef.Type(e.Name), s
		}
	}
	const alike = 0.6
	if score < alike {
		return "string"
	}
	return best
}
