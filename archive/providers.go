package archive

// The providers that REST entities list, and others that are used most. Any
// other name can be given as text; the vendor documents 371.
const (
	Activities            = "ContactActivity"
	AllUsers              = "AllUsers"
	Appointments          = "Appointment"
	BatchTasks            = "BatchTasks"
	ChatSessions          = "ChatSession"
	ChatTopics            = "ChatTopic"
	ContactProjects       = "ContactProjects"
	CRMScripts            = "CRMScripts"
	Documents             = "Document"
	Dynamic               = "dynamic"
	EJScripts             = "Ejscripts"
	EventHandlers         = "EventHandler"
	FindAppointment       = "FindAppointment"
	FindContact           = "FindContact"
	FindDocument          = "FindDocument"
	FindPerson            = "FindPerson"
	FindProject           = "FindProject"
	FindSale              = "FindSale"
	FindSelection         = "FindSelection"
	ForeignKeys           = "ForeignKeys"
	Links                 = "Links"
	NewsFeedItems         = "NewsFeedItem"
	Participants          = "Participants"
	Persons               = "Person"
	PriceLists            = "PriceList"
	Products              = "Product"
	ProjectActivities     = "ProjectActivity"
	ProjectGuide          = "ProjectGuide"
	ProjectMembers        = "ProjectMember"
	RecycleContact        = "recyclecontact"
	RecyclePerson         = "recycleperson"
	Relations             = "Relation"
	Roles                 = "Role"
	SaleActivities        = "SaleActivity"
	SaleGuide             = "SaleGuide"
	SaleHistory           = "SaleHistory"
	SalesWithStakeholders = "SaleFilteredWithStakeholder"
	SaleStakeholders      = "SaleStakeholder"
	SimpleContact         = "SimpleContact"
	SystemEvents          = "SystemEvents"
	TicketMessages        = "TicketMessage"
	Tickets               = "Ticket"
	TimeZones             = "TimeZone"
)

// providersBelow are the providers of the lists of entities, and of those below
// them.
var providersBelow = map[string]string{
	"appointment": FindAppointment, "chatsession": ChatSessions, "contact": SimpleContact, "crmscript": EJScripts, "document": FindDocument,
	"foreignapp": ForeignKeys, "person": Persons, "project": FindProject, "role": Roles, "sale": FindSale, "selection": FindSelection,
	"systemevent": SystemEvents, "ticket": Tickets, "ticketmessage": TicketMessages, "triggerscript": EventHandlers, "batchtask": BatchTasks,
	"newsfeed": NewsFeedItems, "product": Products, "script": CRMScripts, "user": AllUsers, "pricelist": PriceLists, "timezone": TimeZones,
	"relation": Relations, "projectmember": ProjectMembers, "salestakeholder": SaleStakeholders,

	"chattopic/sessions": ChatSessions, "project/contacts": ContactProjects, "person/relations": Relations, "ticket/messages": TicketMessages,
	"appointment/participants": Participants, "appointment/links": Links,
	"contact/activities": Activities, "contact/appointments": Appointments, "contact/documents": Documents,
	"contact/projects": ContactProjects, "contact/sales": SalesWithStakeholders, "contact/persons": Persons,
	"contact/relations": Relations, "contact/tickets": Tickets,
	"document/links": Links, "person/activities": "PersonActivity", "person/appointments": Appointments,
	"person/documents": Documents, "person/projects": ContactProjects, "person/sales": SalesWithStakeholders, "person/tickets": Tickets,
	"project/activities": ProjectActivities, "project/guide": ProjectGuide, "project/members": ProjectMembers,
	"sale/history": SaleHistory, "sale/activities": SaleActivities, "sale/guide": SaleGuide, "sale/stakeholders": SaleStakeholders,
	"pricelist/products": Products,
}
