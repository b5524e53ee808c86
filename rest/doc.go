// Package rest makes the calls of the REST entities: what has an address such as
// v1/Contact/5, and the methods of HTTP. They take the one way of all calls, and
// the carriers of package superoffice, so that what is fetched here an agent saves,
// and the other way round.
//
//	entities := rest.New(client)
//	company, err := entities.Contact.Change(ctx, 5, func(c *superoffice.ContactEntity) error {
//		c.Department = "Head office"
//		return nil
//	})
//
// What only this package has is PATCH by difference ([Diff], and the Change of each
// entity), conditions ([superoffice.IfModifiedSince]), and files that are sent as
// they are. Options of single calls are functions that begin with With. Rows of
// lists are read with the package archive, whose functions Of and Below take the
// addresses of entities.
package rest
