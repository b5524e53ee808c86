package superofficetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/filter"
)

// agentArchives are the calls of the Archive agent that are answered from the
// same data as GET v1/Archive/{provider}, if there is any.
var agentArchives = map[string]bool{
	"Archive/GetArchiveListByColumns": true, "Archive/GetArchiveListByColumnsWithContext": true, "Archive/GetArchiveListByColumnsWithHeader": true,
	"Archive/GetArchiveListByColumns2": true, "Archive/GetArchiveListByColumnsWithContext2": true, "Archive/GetArchiveListByColumnsWithHeader2": true,
}

// archiveList answers a call of the Archive agent. known is false if there is no
// data of the provider, so that the call is answered with a sample.
func (s *Server) archiveList(c *call, op operation, r *request) (value any, failed *failure, known bool) {
	in, _ := r.body.(map[string]any)
	from := s.archive(memberText(in, "ProviderName"))
	_, isDynamic := from.(*dynamicArchive)
	if !agentArchives[op.name] || from == nil || len(from.rows()) == 0 && !isDynamic {
		return nil, nil, false
	}
	q, err := s.newArchiveQuery(c.Header, agentParams(in), from)
	if err != nil {
		return nil, argumentFailure(err.Error()), true
	}
	found := q.find()
	begin := min(q.skip, len(found))
	rows := []any{}
	for _, row := range found[begin:min(begin+q.top, len(found))] {
		rows = append(rows, q.listItem(row))
	}
	if op.call.Result == "ArchiveListResult" {
		return map[string]any{"RowCount": json.Number(strconv.Itoa(len(found))), "Rows": rows, "TableRight": nil, "FieldProperties": nil}, nil, true
	}
	return rows, nil, true
}

func memberText(object map[string]any, name string) string {
	value, _ := member(object, name)
	text, _ := value.(string)
	return text
}

// agentParams are the parameters of a call as those of a request for rows.
func agentParams(in map[string]any) map[string]string {
	size := asInt(in, "PageSize")
	params := map[string]string{
		"$select": listText(in, "Columns"), "$entities": listText(in, "Entities"), "$orderby": orderText(in),
		"$filter": memberText(in, "Restrictions") + memberText(in, "Restriction"),
		"$top":    strconv.Itoa(size), "$skip": strconv.Itoa(asInt(in, "Page") * size),
	}
	if size <= 0 {
		delete(params, "$top")
	}
	if all, ok := member(in, "Restriction"); ok && params["$filter"] == "" {
		params["$filter"] = restrictionText(all)
	}
	return params
}

// listText is a list as a text with commas, which some of the calls take as such.
func listText(in map[string]any, name string) string {
	value, _ := member(in, name)
	all, isList := value.([]any)
	if !isList {
		return memberText(in, name)
	}
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = fmt.Sprint(one)
	}
	return strings.Join(texts, ",")
}

func orderText(in map[string]any) string {
	value, _ := member(in, "SortOrder")
	all, isList := value.([]any)
	if !isList {
		return memberText(in, "SortOrder")
	}
	var texts []string
	for _, one := range all {
		object, _ := one.(map[string]any)
		texts = append(texts, strings.TrimSpace(memberText(object, "Name")+" "+strings.ToLower(memberText(object, "Direction"))))
	}
	return strings.Join(texts, ",")
}

// restrictionText is a list of ArchiveRestrictionInfo as a filter.
func restrictionText(value any) string {
	all, _ := value.([]any)
	var b strings.Builder
	word := ""
	for _, one := range all {
		object, _ := one.(map[string]any)
		parentheses := asInt(object, "InterParenthesis")
		b.WriteString(word + strings.Repeat("(", max(parentheses, 0)))
		b.WriteString(memberText(object, "Name") + " " + memberText(object, "Operator"))
		given, _ := member(object, "Values")
		values, _ := given.([]any)
		quotes := make([]string, len(values))
		for i, v := range values {
			quotes[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(plainValue(fmt.Sprint(v))) + "'"
		}
		if len(values) > 0 {
			b.WriteString(" (" + strings.Join(quotes, ",") + ")")
		}
		b.WriteString(strings.Repeat(")", max(-parentheses, 0)))
		if word = " and "; strings.EqualFold(memberText(object, "InterOperator"), "Or") {
			word = " or "
		}
	}
	return b.String()
}

// plainValue is an encoded value as it stands in a filter.
func plainValue(text string) string {
	v := superoffice.FieldValue(text)
	switch {
	case strings.HasPrefix(text, "[I:"), strings.HasPrefix(text, "[F:"), strings.HasPrefix(text, "[M:"):
		if n, err := v.Money(); err == nil {
			return n
		}
	case strings.HasPrefix(text, "[D"):
		if d, err := v.DateTime(); err == nil {
			return d.String()
		}
	}
	return text
}

// listItem is a row as the agent gives it: its cells are encoded texts.
func (q *archiveQuery) listItem(row archiveRow) map[string]any {
	cells := make(map[string]any)
	for _, c := range q.selected {
		cells[c.name] = map[string]any{"DisplayValue": q.encoded(c.cell(row)), "TooltipHint": "", "LinkHint": ""}
	}
	return map[string]any{
		"EntityName": row.entity, "PrimaryKey": json.Number(strconv.FormatInt(row.key, 10)), "ColumnData": cells,
		"LinkHint": "", "StyleHint": "", "TableRight": nil, "FieldProperties": nil,
	}
}

func (q *archiveQuery) encoded(cell any) string {
	switch v := cell.(type) {
	case string:
		return q.shown(v)
	case filter.Item:
		return q.shown(v.Text)
	case int64:
		return string(superoffice.IntValue(int(v)))
	case float64:
		return string(superoffice.FloatValue(v))
	case bool:
		return string(superoffice.BoolValue(v))
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return string(superoffice.DateTimeValue(v.In(q.zone)))
	case []int64:
		ids := make([]int, len(v))
		for i, n := range v {
			ids[i] = int(n)
		}
		return string(superoffice.IntsValue(ids...))
	}
	return ""
}

// archiveResult answers the calls of the Archive agent that know the data.
func (s *Server) archiveResult(c *call, op operation, r *request) (value any, failed *failure, known bool) {
	if op.name != "Archive/GetAvailableColumns" {
		return s.archiveList(c, op, r)
	}
	in, _ := r.body.(map[string]any)
	from := s.archive(memberText(in, "ProviderName"))
	if from == nil {
		return nil, nil, false
	}
	return columnInfos(from), nil, true
}
