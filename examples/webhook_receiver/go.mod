module github.com/superoffice-go/superoffice/examples/webhook_receiver

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1
	github.com/superoffice-go/superoffice v0.0.0
	github.com/superoffice-go/superoffice/webhook/sqlitequeue v0.0.0
)

replace (
	github.com/superoffice-go/superoffice => ../..
	github.com/superoffice-go/superoffice/webhook/sqlitequeue => ../../webhook/sqlitequeue
)
