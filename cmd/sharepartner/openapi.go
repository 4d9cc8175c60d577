package main

import (
	"fmt"

	"github.com/sharepartner/sharepartner/api"
)

type openapiCommand struct{}

// Run prints the document; it needs no database.
func (c *openapiCommand) Run() error {
	text, err := api.New(api.Deps{}).OpenAPI().YAML()
	if err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	fmt.Print(string(text))
	return nil
}
