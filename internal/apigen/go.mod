module github.com/superoffice-go/superoffice/internal/apigen

go 1.26.0

require (
	github.com/pb33f/libopenapi v0.42.3
	github.com/stretchr/testify v1.12.1
	github.com/superoffice-go/superoffice v0.0.0
	golang.org/x/tools v0.52.0
)

require (
	github.com/bahlo/generic-list-go v0.2.0 // indirect
	github.com/buger/jsonparser v1.1.2 // indirect
	github.com/pb33f/go-yaml v0.1.1 // indirect
	github.com/pb33f/jsonpath v0.8.4 // indirect
	github.com/pb33f/ordered-map/v2 v2.3.2 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sync v0.25.0 // indirect
)

replace github.com/superoffice-go/superoffice => ../..
