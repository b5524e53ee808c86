package consumer

import (
	"database/sql"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/udef"
)

// company has a field of each type that package udef promises.
type company struct {
	Text     string                 `so:"text"`
	Number   int64                  `so:"SuperOffice:1"`
	Decimal  float64                `so:"SuperOffice:2"`
	Checked  bool                   `so:"SuperOffice:3"`
	Time     time.Time              `so:"SuperOffice:4"`
	Date     superoffice.Date       `so:"SuperOffice:5"`
	DateTime superoffice.DateTime   `so:"SuperOffice:6"`
	Value    superoffice.FieldValue `so:"SuperOffice:7"`
	Span     time.Duration          `so:"SuperOffice:8"`
	Numbers  []int                  `so:"SuperOffice:9"`
	Item     udef.Item              `so:"SuperOffice:10"`
	Maybe    *int                   `so:"SuperOffice:11"`
	Null     sql.Null[string]       `so:"SuperOffice:12"`
}

// Package udef.
var (
	_ func(f superoffice.CustomFields) (company, error)     = udef.Decode[company]
	_ func(v company, into *superoffice.CustomFields) error = udef.Encode[company]
	_                                                       = udef.Item{ID: 0, Text: ""}
)
