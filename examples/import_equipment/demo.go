package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/superoffice-go/superoffice/superofficetest"
)

// demonstrate imports a file into a stand-in server, twice: the second time
// nothing is left to change.
func demonstrate(ctx context.Context, path string) error {
	fmt.Println("SUPEROFFICE_URL is not set: using a stand-in server inside this program.")
	server := superofficetest.NewServer()
	defer server.Close()
	server.AddTable(table)
	client := server.Client()
	defer client.CloseIdleConnections()
	if path == "" {
		folder, err := os.MkdirTemp("", "import_equipment")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		path = filepath.Join(folder, "equipment.csv")
		if err := os.WriteFile(path, []byte(sample(5000)), 0o600); err != nil {
			return err
		}
	}
	for range 2 {
		if err := importFile(ctx, client, table.Name, path); err != nil {
			return err
		}
	}
	fmt.Printf("The table has %d rows\n", len(server.Table(table.Name)))
	return nil
}

var table = superofficetest.Table{Name: "y_equipment", Columns: []superofficetest.Column{
	{Name: "x_no", Type: superofficetest.ColumnString, MaxLength: 20, NotNull: true}, {Name: "x_name", Type: superofficetest.ColumnString, MaxLength: 40},
	{Name: "x_price", Type: superofficetest.ColumnDecimal}, {Name: "x_since", Type: superofficetest.ColumnDateTime},
}}

// sample is a file of so many lines, of which one in a hundred is wrong.
func sample(lines int) string {
	var text strings.Builder
	text.WriteString("number,name,price,date\n")
	for i := range lines {
		price, name := fmt.Sprintf("%d.50", i%900), fmt.Sprintf("Piece of equipment %d", i)
		switch i % 300 {
		case 99:
			price = "much"
		case 199:
			name = strings.Repeat(name, 3)
		case 299:
			name += `"`
		}
		fmt.Fprintf(&text, "E-%05d,%s,%s,2026-%02d-%02d\n", i, name, price, i%12+1, i%28+1)
	}
	return text.String()
}
