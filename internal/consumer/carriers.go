package consumer

import "github.com/superoffice-go/superoffice"

type tokenInfo = superoffice.TokenManagementInfo

// The carriers, as literals with keys and with the exact type of each member.
var (
	_ = tokenInfo{
		Provider: "", AccessToken: "", RefreshToken: "", Claims: "",
		TableRight: &superoffice.TableRight{Mask: superoffice.TableRightFULL, Reason: ""},
		FieldProperties: superoffice.FieldProperties{"name": superoffice.FieldProperty{
			FieldRight:  &superoffice.FieldRight{Mask: "Update, UIHintMandatory", Reason: ""},
			FieldType:   "System.Int32",
			FieldLength: 721,
		}},
	}

	_ = func(t *tokenInfo) ([4]*string, **superoffice.TableRight, *superoffice.FieldProperties) {
		return [4]*string{&t.Provider, &t.AccessToken, &t.RefreshToken, &t.Claims}, &t.TableRight, &t.FieldProperties
	}
	_ = func(t *superoffice.TableRight) (*superoffice.TableRightMask, *string) { return &t.Mask, &t.Reason }
	_ = func(f *superoffice.FieldProperty) (**superoffice.FieldRight, *string, *int) {
		return &f.FieldRight, &f.FieldType, &f.FieldLength
	}
	_ = func(f *superoffice.FieldRight) (*superoffice.FieldRightMask, *string) { return &f.Mask, &f.Reason }

	_ map[string]superoffice.FieldValue                                     = superoffice.ContactEntity{}.CustomFields
	_ func(*superoffice.CustomFields, string, superoffice.FieldValue)       = (*superoffice.CustomFields).Set
	_ func(superoffice.CustomFields, string) (superoffice.FieldValue, bool) = superoffice.CustomFields.Get
	_ superoffice.CustomFields                                              = superoffice.ContactEntity{}.CustomFields
	_ map[string]superoffice.FieldProperty                                  = superoffice.FieldProperties(nil)
)

// Masks are text, and work by their bits.
var (
	_ func(superoffice.TableRightMask, superoffice.TableRightMask) bool = superoffice.TableRightMask.Has
	_ func(superoffice.FieldRightMask, superoffice.FieldRightMask) bool = superoffice.FieldRightMask.Has
)

const (
	_ string = string(superoffice.TableRightNone)
	_ string = string(superoffice.FieldRightNone)

	_ = superoffice.TableRightMask("a name that nobody knows yet")
	_ = superoffice.FieldRightMask("721")
)

// Every member of the vendor's ETableRight.
const (
	_ superoffice.TableRightMask = superoffice.TableRightNone
	_ superoffice.TableRightMask = superoffice.TableRightSelect
	_ superoffice.TableRightMask = superoffice.TableRightUpdate
	_ superoffice.TableRightMask = superoffice.TableRightUR
	_ superoffice.TableRightMask = superoffice.TableRightInsert
	_ superoffice.TableRightMask = superoffice.TableRightRI
	_ superoffice.TableRightMask = superoffice.TableRightURI
	_ superoffice.TableRightMask = superoffice.TableRightDelete
	_ superoffice.TableRightMask = superoffice.TableRightUDR
	_ superoffice.TableRightMask = superoffice.TableRightFULL
	_ superoffice.TableRightMask = superoffice.TableRightFiltering
	_ superoffice.TableRightMask = superoffice.TableRightRF
	_ superoffice.TableRightMask = superoffice.TableRightFI
	_ superoffice.TableRightMask = superoffice.TableRightRestrictedUpdate
	_ superoffice.TableRightMask = superoffice.TableRightURU
	_ superoffice.TableRightMask = superoffice.TableRightWRITE
	_ superoffice.TableRightMask = superoffice.TableRightUnused1
	_ superoffice.TableRightMask = superoffice.TableRightUninitialized
	_ superoffice.TableRightMask = superoffice.TableRightR
	_ superoffice.TableRightMask = superoffice.TableRightF
)

// Every member of the vendor's EFieldRight.
const (
	_ superoffice.FieldRightMask = superoffice.FieldRightNone
	_ superoffice.FieldRightMask = superoffice.FieldRightRead
	_ superoffice.FieldRightMask = superoffice.FieldRightWrite
	_ superoffice.FieldRightMask = superoffice.FieldRightUpdate
	_ superoffice.FieldRightMask = superoffice.FieldRightUnused1
	_ superoffice.FieldRightMask = superoffice.FieldRightUnused2
	_ superoffice.FieldRightMask = superoffice.FieldRightUnused3
	_ superoffice.FieldRightMask = superoffice.FieldRightUnused4
	_ superoffice.FieldRightMask = superoffice.FieldRightUIHintMandatory
	_ superoffice.FieldRightMask = superoffice.FieldRightUIHintReadOnly
	_ superoffice.FieldRightMask = superoffice.FieldRightUIHints
	_ superoffice.FieldRightMask = superoffice.FieldRightUndefinedValue256
	_ superoffice.FieldRightMask = superoffice.FieldRightNullable
)
