package main

import (
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// callName is the name of a call of an entity, made of the vendor's operation ID:
// "v1ContactEntity_GetContactSummary" of the entity Contact is Summary.
func callName(c *apidef.Call, operationID string) string {
	below, _ := strings.CutPrefix(c.Route, "v1/"+c.Entity)
	for _, route := range []string{c.Route, "*" + below} {
		if name, ok := ownNames[c.Method+" "+route]; ok {
			return name
		}
	}
	owner, _, _ := strings.Cut(strings.TrimPrefix(operationID, "v1"), "_")
	name := vendorName(operationID)
	short := strings.TrimSuffix(owner, "Entity")
	for prefix, usual := range usualNames {
		if rest, ok := strings.CutPrefix(name, prefix); ok && (rest == owner || rest == short) {
			return usual
		}
	}
	if c.Method == "GET" {
		name = strings.TrimPrefix(name, "Get")
	}
	for _, of := range []string{owner, short} {
		for _, cut := range []func(string, string) string{strings.TrimPrefix, strings.TrimSuffix} {
			if rest := cut(name, of); rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
				name = rest
			}
		}
	}
	return name
}

// vendorName is the vendor's own name of the call that an operation ID names.
func vendorName(operationID string) string {
	_, name, _ := strings.Cut(operationID, "_")
	for _, double := range []string{"_GET", "_PUT", "_POST"} {
		name = strings.TrimSuffix(name, double)
	}
	return name
}

// usualNames are those of what most entities have, by how the vendor's begin.
var usualNames = map[string]string{
	"Default": "Default", "Post": "Create", "Get": "Get", "Put": "Replace", "Patch": "Patch", "Delete": "Delete", "Validate": "Validate",
}

// ownNames are the names that the rule makes badly, by method and route. A star
// stands for any entity.
var ownNames = ownNamesOf(`
	GET */CustomField CustomFields
	GET */CustomField/{fieldName} CustomField
	GET */{id}/ForeignKey ForeignKeys
	PUT */DuplicateRules SetDuplicateRules
	GET */UdefLayout Fields
	PUT */UdefLayout SetFields
	POST */UdefLayout AddField
	GET */UdefLayout/Changed IsChanged
	GET */UdefLayout/Publish IsPublishing
	POST */UdefLayout/Publish Publish
	GET */UdefLayout/Published PublishedFields
	GET */UdefLayout/Published/{progidOrLabel} PublishedField
	POST */UdefLayout/Revert Revert
	GET */UdefLayout/{progidOrLabel} Field
	DELETE */UdefLayout/{progidOrLabel} DeleteField
	POST */UdefLayout/{progidOrLabel}/ChangeTo/{fieldType} ChangeType
	GET */{contactId}/Image Image
	GET v1/Archive Providers
	GET v1/Archive/{archiveProviderName} Rows
	POST v1/Archive/{archiveProviderName} PostRows
	GET v1/Attachment/{attachmentId}/Content Content
	POST v1/Attachment/{attachmentId}/Content SetContent
	POST v1/BatchTask Start
	GET v1/BatchTask/{id} Get
	PUT v1/BatchTask/{Id} Update
	DELETE v1/BatchTask/{batchTaskId} Delete
	POST v1/BatchTask/{id}/Stop Stop
	GET v1/BatchTask/{state} ByState
	GET v1/ChatSession/ForCurrentUser Mine
	POST v1/ChatSession/{chatSessionId}/AcceptTransfer AcceptTransfer
	POST v1/ChatSession/{chatSessionId}/RejectTransfer RejectTransfer
	GET v1/ChatSession/{chatSessionId}/Messages Messages
	POST v1/ChatSession/{chatSessionId}/Messages AddMessage
	POST v1/ChatSession/{chatSessionId}/Transcript Transcript
	GET v1/ChatTopic/ForCurrentUser Mine
	GET v1/ChatTopic/UserAgents Candidates
	POST v1/ChatTopic/{chatTopicId}/Sessions CreateSession
	GET v1/ChatTopic/{chatTopicId}/UserAgent UserAgents
	POST v1/ChatTopic/{chatTopicId}/UserAgent AddUserAgent
	PUT v1/ChatTopic/{chatTopicId}/UserAgent SetUserAgents
	PUT v1/ChatTopic/{chatTopicId}/UserAgent/{username} SetUserAgent
	DELETE v1/ChatTopic/{chatTopicId}/UserAgent/{username} DeleteUserAgent
	POST v1/CRMScript/{cRMScriptId}/Execute Execute
	POST v1/CRMScript/{cRMScriptId}/ExecuteAsEvent ExecuteAsEvent
	GET v1/CRMScript/{cRMScriptId}/Validate Validate
	POST v1/CRMScript/{cRMScriptUniqueId}/Execute ExecuteByName
	POST v1/CRMScript/{cRMScriptUniqueId}/ExecuteAsEvent ExecuteAsEventByName
	GET v1/CRMScript/{cRMScriptUniqueId}/Validate ValidateByName
	GET v1/Document/Plugin Plugins
	POST v1/Document/{documentId}/Command/{command} ExecuteCommand
	GET v1/Document/{documentId}/Content Content
	POST v1/Document/{documentId}/Content CreateContent
	PUT v1/Document/{documentId}/Content SetContent
	DELETE v1/Document/{documentId}/Content DeleteContent
	GET v1/Document/{documentId}/SanitizedContent SanitizedContent
	GET v1/Document/{documentId}/Version Versions
	PUT v1/ForeignApp/{appName} Ensure
	POST v1/ForeignApp/{appName} CreateByName
	GET v1/ForeignApp/{applicationName} GetByName
	GET v1/ForeignApp/{applicationName}/Devices Devices
	GET v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier} Device
	POST v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier} AddDevice
	PUT v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier} SetDevice
	DELETE v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier} DeleteDevice
	POST v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier}/Key AddKey
	PUT v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier}/Key SetKey
	GET v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier}/Key/{keyName}/{tableName} KeyOfDeviceByValue
	GET v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier}/Key/{keyName}/{tableName}/{recordId} KeyOfDevice
	DELETE v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier}/Key/{keyName}/{tableName}/{recordId} DeleteKeyOfDevice
	GET v1/ForeignApp/{applicationName}/{deviceName}/{deviceIdentifier}/Key/{keyName}/{tableName}/{recordId}/Value KeyValueOfDevice
	GET v1/Hierarchy Domains
	GET v1/Hierarchy/{domain} InDomain
	GET v1/Hierarchy/{domain}/{path} GetByPath
	POST v1/Hierarchy/{domain}/{path} AddByPath
	PUT v1/Hierarchy/{domain}/{path} ReplaceByPath
	DELETE v1/Hierarchy/{domain}/{path} DeleteByPath
	GET v1/License All
	POST v1/License Add
	GET v1/License/Site/{satelliteId} OfSatellite
	GET v1/License/User/MdoList UserItems
	GET v1/License/User/{associateId} OfUser
	DELETE v1/License/{moduleOwner} Remove
	GET v1/License/{moduleOwner}/{associateId} Assignments
	PUT v1/License/{moduleOwner}/{associateId} Assign
	DELETE v1/License/{moduleOwner}/{associateId} Unassign
	GET v1/License/{ownerName} Get
	GET v1/License/{ownerName}/{moduleName} Module
	GET v1/List All
	GET v1/List/DocumentTemplate/Items/{documentTemplateId}/Content/{languageCode} TemplateContent
	POST v1/List/DocumentTemplate/Items/{documentTemplateId}/Content/{languageCode} CreateTemplateContent
	PUT v1/List/DocumentTemplate/Items/{documentTemplateId}/Content/{languageCode} SetTemplateContent
	DELETE v1/List/DocumentTemplate/Items/{documentTemplateId}/Content/{languageCode} DeleteTemplateContent
	GET v1/List/DocumentTemplate/Items/{documentTemplateId}/Extension TemplateExtension
	GET v1/List/DocumentTemplate/Items/{documentTemplateId}/Language TemplateLanguages
	GET v1/List/DocumentTemplate/Items/{documentTemplateId}/Property TemplateProperties
	GET v1/List/DocumentTemplate/Items/{documentTemplateId}/Url TemplateUrl
	GET v1/List/DocumentTemplate/Plugin Plugins
	GET v1/List/DocumentTemplate/Plugin/{pluginId}/DocumentTypes PluginDocumentTypes
	GET v1/List/TicketStatus/{fromTicketStatusId}/ChangeTo/{toTicketStatusId} ChangeTicketStatus
	GET v1/List/{name} GetByName
	PUT v1/List/{name} ReplaceByName
	DELETE v1/List/{name} DeleteByName
	GET v1/MDOList All
	GET v1/MDOList/{listname} Get
	GET v1/MDOList/{listname}/selectable Selectable
	POST v1/NewsFeed Create
	GET v1/Person/{personId}/Consent Consents
	GET v1/Preference/{section} Keys
	GET v1/Preference/{section}/{key} Get
	PUT v1/Preference/{section}/{key} Set
	POST v1/Preference/{section}/{key} Post
	GET v1/Preference/{section}/{key}/{prefLevel} GetAtLevel
	PUT v1/Preference/{section}/{key}/{prefLevel} SetAtLevel
	POST v1/Preference/{section}/{key}/{prefLevel} PostAtLevel
	GET v1/PreferenceDescription/{section} InSection
	GET v1/PreferenceDescription/{section}/{key} GetByKey
	PUT v1/PreferenceDescription/{section}/{key} ReplaceByKey
	DELETE v1/PreferenceDescription/{section}/{key} DeleteByKey
	POST v1/Pricelist/{originalPriceListId}/CopyTo/{newName} Copy
	GET v1/Product/{productId} Get
	GET v1/Role/WithFunctionRight/{functionalRightName} WithFunctionalRight
	GET v1/Role/{roleType} OfType
	GET v1/Role/{roleType}/FunctionRight FunctionalRightsOfType
	GET v1/Role/{type}/Default DefaultOfType
	GET v1/Role/{roleId}/DataRight/{tableName} DataRightsOnTable
	GET v1/Role/{roleId}/DataRight/{relationToOwner} DataRights
	DELETE v1/Role/{roleIdToDelete} Delete
	POST v1/Sale/NextDueDate UpdateNextDueDates
	GET v1/Schema/{tableName} Fields
	GET v1/Schema/{tableName}/{fieldName} Field
	GET v1/Script/{uniqueIdentifier} Get
	PUT v1/Script/{uniqueIdentifier} Replace
	DELETE v1/Script/{uniqueIdentifier} Delete
	GET v1/Selection/{selectionId}/Criteria Criteria
	PUT v1/Selection/{selectionId}/Criteria SetCriteria
	GET v1/Selection/{selectionId}/CriteriaGroups CriteriaGroups
	PUT v1/Selection/{selectionId}/CriteriaGroups SetCriteriaGroups
	GET v1/Selection/{selectionId}/Members Members
	POST v1/Selection/{selectionId}/Members/Add AddMembers
	POST v1/Selection/{selectionId}/Members/AddPerson AddPersons
	POST v1/Selection/{selectionId}/Members/Remove RemoveMembers
	POST v1/Selection/{selectionId}/Members/RemovePerson RemovePersons
	GET v1/Selection/{selectionId}/ShadowMembers ShadowMembers
	DELETE v1/Selection/{selectionEntityId} Delete
	GET v1/ShipmentMessageBlock/Associate/{associateId} OfAssociate
	GET v1/String Names
	POST v1/String GetSeveral
	GET v1/String/{sr_id} Get
	GET v1/String/{sr_id}/{isoLangCode} GetIn
	GET v1/String/KnownLanguages KnownLanguages
	GET v1/Table/{tableName}/{id} Get
	PUT v1/Table/{tableName}/{id} Update
	POST v1/Table/{tableName} Insert
	DELETE v1/Table/{tableName}/{id} Delete
	POST v1/Ticket Create
	PUT v1/Ticket/{id} Replace
	POST v1/Ticket/{ticketEntityId}/NotifyNewTicket NotifyNewTicket
	POST v1/Ticket/{ticketEntityId}/NotifyNewMessage NotifyNewMessage
	POST v1/TicketMessage Create
	GET v1/TicketMessage/{id} Get
	PUT v1/TicketMessage/{id} Replace
	GET v1/TicketMessage/RfcAttachment/{attachmentId}/{position} RFCAttachment
	GET v1/TicketMessage/{ticketMessageEntityId}/Attachment Attachments
	GET v1/TicketMessage/{ticketMessageEntityId}/Attachment/Noninline AttachmentsNotInline
	POST v1/TicketMessage/{ticketMessageEntityId}/SendSms SendSms
	GET v1/TimeZone All
	GET v1/TriggerScript/{triggerScriptUniqueId} GetByName
	PUT v1/TriggerScript/{triggerScriptUniqueId} ReplaceByName
	DELETE v1/TriggerScript/{triggerScriptUniqueId} DeleteByName
	GET v1/TriggerScript/{triggerScriptId}/Validate Validate
	GET v1/TriggerScript/{triggerScriptUniqueId}/Validate ValidateByName
	GET v1/User/Default Default
	GET v1/User/{id}/CustomCommand Commands
	POST v1/User/{id}/CustomCommand/{commandName} ExecuteCommand
	GET v1/User/{userName} GetByName
	PUT v1/User/{userName} ReplaceByName
	DELETE v1/User/{userName} DeleteByName
	PUT v1/User/{associateId}/UserPresenceStatus SetPresenceStatus
	GET v1/Webhook All
`)

func ownNamesOf(table string) map[string]string {
	names := make(map[string]string)
	for line := range strings.Lines(table) {
		if words := strings.Fields(line); len(words) == 3 {
			names[words[0]+" "+words[1]] = words[2]
		}
	}
	for _, id := range []string{"{contactId}", "{personId}", "{projectId}", "{productId}", "{id}"} {
		for of, name := range map[string]string{
			"GET Image": "Image", "PUT Image": "SetImage", "POST Image": "PostImage", "DELETE Image": "DeleteImage",
			"GET ImageInfo": "ImageInfo", "GET Imageinfo": "ImageInfo", "PUT ImageInfo": "SetImageInfo",
		} {
			method, last, _ := strings.Cut(of, " ")
			names[method+" */"+id+"/"+last] = name
		}
	}
	return names
}
