package rest

// Links returns the addresses that the server gave with an entity, by what they
// are, such as Self and Archive. There are none with an entity that an agent
// returned. The host in them may be wrong if the server is behind a proxy.
func Links(entity any) map[string]string {
	root, err := treeOf(entity)
	if err != nil {
		return nil
	}
	links := root.member("_Links")
	if links == nil || links.kind != '{' {
		return nil
	}
	all := make(map[string]string, len(links.names))
	for i, name := range links.names {
		all[name] = links.nodes[i].text()
	}
	return all
}
