package superofficetest

// ListItem is an item of a list.
type ListItem struct {
	ID      int    // counted from 1 in the order of the items, unless told
	Name    string // which may be in several languages: US:"Customer";NO:"Kunde"
	Tooltip string
	Rank    int // the ID, unless told
	Deleted bool
}

// listItem is an item as it is stored.
func listItem(id int, item ListItem) map[string]any {
	rank := item.Rank
	if rank == 0 {
		rank = id
	}
	return map[string]any{
		"Id": demoNumber(id), "Name": item.Name, "Tooltip": item.Tooltip, "Deleted": item.Deleted, "UdListDefinitionId": demoNumber(0),
		"Rank": demoNumber(rank), "TableRight": nil, "FieldProperties": nil,
	}
}
