package demo

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

//go:embed data
var data embed.FS

// partner is a company of the demo that sells for a vendor.
type partner struct{ name, person, country, region, tier string }

// product is what a vendor sells.
type product struct {
	name, family string
	price        int
}

// customer is a company that buys.
type customer struct{ name, industry, country, region string }

// records reads one of the demo's own files, without its header.
func records(name string) [][]string {
	text, err := data.ReadFile("data/" + name)
	if err != nil {
		panic(err) // the files are compiled in
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		panic(fmt.Errorf("read %s: %w", name, err))
	}
	return rows[1:]
}

func partners() []partner {
	var out []partner
	for _, r := range records("partners.csv") {
		out = append(out, partner{r[0], r[1], r[2], r[3], r[4]})
	}
	return out
}

func products(vendor string) []product {
	var out []product
	for _, r := range records("products.csv") {
		if r[0] == vendor {
			price, _ := strconv.Atoi(r[3])
			out = append(out, product{r[1], r[2], price})
		}
	}
	return out
}

// customers combines each country's first names of companies with its trades.
func customers() []customer {
	var out []customer
	for _, r := range records("customers.csv") {
		for _, stem := range strings.Split(r[2], "|") {
			for _, form := range strings.Split(r[3], "|") {
				suffix, industry, _ := strings.Cut(form, "/")
				if before, after, more := strings.Cut(industry, "/"); more { // A/S holds the sign itself
					suffix, industry = suffix+"/"+before, after
				}
				out = append(out, customer{stem + " " + suffix, industry, r[1], r[0]})
			}
		}
	}
	return out
}
