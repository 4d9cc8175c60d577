package accounts

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/sharepartner/sharepartner/operational"
)

// legalForms are words that say how a company is set up, not who it is. Dots are gone when they are compared.
var legalForms = map[string]bool{}

// legalMarks are such words of languages that write without blanks.
var legalMarks = []string{"股份有限公司", "有限责任公司", "有限公司", "株式会社", "合同会社", "有限会社", "주식회사"}

func init() {
	for form := range strings.FieldsSeq(`inc incorporated corp corporation co company ltd limited llc llp lp plc pllc
		gmbh mbh ag kg kgaa ohg ug se ev sa sas sarl sasu srl spa sl slu sro doo ab as asa oy oyj aps bv nv cv
		pty pte sdn bhd kk gk ltda zrt kft nyrt`) {
		legalForms[form] = true
	}
}

// NameKey is a company name without what people write in different ways: case, width, punctuation, legal form.
// A name that is nothing but a legal form stays as it is.
func NameKey(name string) string {
	text := strings.ToLower(norm.NFKC.String(name))
	for _, mark := range legalMarks {
		if rest := strings.TrimSpace(strings.ReplaceAll(text, mark, " ")); rest != "" {
			text = rest
		}
	}
	words := strings.Fields(strings.Map(plain, text))
	last := len(words)
	for last > 1 && legalForms[words[last-1]] {
		last--
	}
	return strings.Join(words[:last], " ")
}

// plain keeps letters and digits, joins what dots and apostrophes part ("S.A.", "O'Hara") and parts the rest.
func plain(r rune) rune {
	switch {
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
		return r
	case slices.Contains([]rune{'.', '\'', '’', '`'}, r):
		return -1
	default:
		return ' '
	}
}

// Validate says what is wrong with an account.
func (in NewAccount) Validate() error {
	var faults operational.Faults
	faults.Text("name", in.Name, 1, 200)
	optionalText(&faults, "industry", in.Industry, 100)
	optionalText(&faults, "website", in.Website, 300)
	if in.Website != nil && strings.TrimSpace(*in.Website) != "" {
		if _, err := Website(*in.Website); err != nil {
			faults.Add("website", "It "+err.Error()+".", *in.Website)
		}
	}
	optionalText(&faults, "country", in.Country, 100)
	if in.YearEstablished != nil && (*in.YearEstablished < 1000 || *in.YearEstablished > 2200) {
		faults.Add("year_established", "It lies outside 1000 to 2200.", *in.YearEstablished)
	}
	if in.NumberOfEmployees != nil && (*in.NumberOfEmployees < 0 || *in.NumberOfEmployees > 1_000_000_000) {
		faults.Add("number_of_employees", "It lies outside 0 to 1000000000.", *in.NumberOfEmployees)
	}
	if r := in.AnnualRevenue; r != nil && (r.IsNegative() || r.GreaterThan(operational.MaxAmount) || !r.Equal(r.Round(2))) {
		faults.Add("annual_revenue", "It is below zero, too large or has more than two decimals.", nil)
	}
	return faults.Err()
}

// normal brings an account into the form in which it is kept; what is wrong with it Validate says.
func (in NewAccount) normal() NewAccount {
	if in.Website != nil {
		if address, err := Website(*in.Website); err == nil {
			in.Website = &address
		}
	}
	return in
}

// Validate says what is wrong with a contact.
func (in NewContact) Validate() error {
	var faults operational.Faults
	optionalText(&faults, "first_name", in.FirstName, 100)
	faults.Text("last_name", in.LastName, 1, 100)
	optionalText(&faults, "email", in.Email, 254)
	if in.Email != nil && !strings.Contains(strings.Trim(*in.Email, "@ "), "@") {
		faults.Add("email", "It is not a mail address.", nil)
	}
	optionalText(&faults, "phone", in.Phone, 40)
	optionalText(&faults, "job_title", in.JobTitle, 100)
	return faults.Err()
}

// optionalText: what is not known is left out, not given as an empty text.
func optionalText(faults *operational.Faults, field string, value *string, most int) {
	if value != nil {
		faults.Text(field, *value, 1, most)
	}
}

// apply gives the account after the patch.
func (patch UpdateAccount) apply(a NewAccount) (NewAccount, error) {
	var faults operational.Faults
	patch.Name.Required(&faults, "name", &a.Name)
	if err := faults.Err(); err != nil {
		return a, err
	}
	patch.Industry.Into(&a.Industry)
	patch.Website.Into(&a.Website)
	patch.Country.Into(&a.Country)
	patch.YearEstablished.Into(&a.YearEstablished)
	patch.AnnualRevenue.Into(&a.AnnualRevenue)
	patch.NumberOfEmployees.Into(&a.NumberOfEmployees)
	patch.ParentAccountID.Into(&a.ParentAccountID)
	patch.OwnerMembershipID.Into(&a.OwnerMembershipID)
	patch.RecordTypeID.Into(&a.RecordTypeID)
	a = a.normal()
	return a, a.Validate()
}

// apply gives the contact after the patch.
func (patch UpdateContact) apply(c NewContact) (NewContact, error) {
	var faults operational.Faults
	patch.AccountID.Required(&faults, "account_id", &c.AccountID)
	patch.LastName.Required(&faults, "last_name", &c.LastName)
	if err := faults.Err(); err != nil {
		return c, err
	}
	patch.FirstName.Into(&c.FirstName)
	patch.Email.Into(&c.Email)
	patch.Phone.Into(&c.Phone)
	patch.JobTitle.Into(&c.JobTitle)
	patch.RecordTypeID.Into(&c.RecordTypeID)
	return c, c.Validate()
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
