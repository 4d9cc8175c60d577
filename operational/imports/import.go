package imports

import (
	"time"

	"github.com/google/uuid"
)

// The kinds of imports: the CSV files of another CRM's export, or one file of a company's own records.
const (
	KindCRMExport     = "crm_export"
	KindAccounts      = "accounts"
	KindContacts      = "contacts"
	KindOpportunities = "opportunities"
)

// State says how far an import has come.
type State string

// The states. Queued and running ones can be cancelled; the others are final.
const (
	StateQueued    State = "queued"
	StateRunning   State = "running"
	StateDone      State = "done"
	StateFailed    State = "failed"
	StateCancelled State = "cancelled"
)

// NewImport asks for an import. Files are named as in the mapping (accounts.csv) or by what they hold
// (accounts, products, sales_teams, sales_pipeline, stage_history); stage_history may be absent.
type NewImport struct {
	Files   map[string][]byte
	Mapping []byte // YAML; empty takes the default mapping
	DryRun  bool   // does everything, writes nothing, gives the same summary
}

// Import is one import, queued, at work or finished.
type Import struct {
	ID              uuid.UUID  `json:"id"`
	Kind            string     `json:"kind" doc:"What sort of import it is." enum:"crm_export,accounts,contacts,opportunities"`
	State           State      `json:"state" enum:"queued,running,done,failed,cancelled"`
	DryRun          bool       `json:"dry_run" doc:"Everything was tried, nothing was kept."`
	Progress        float64    `json:"progress" minimum:"0" maximum:"1"`
	Step            string     `json:"step" doc:"What is being done."`
	Summary         *Summary   `json:"summary,omitempty" doc:"What the import of a CRM export did."`
	Records         *Tally     `json:"records,omitempty" doc:"What the import of a file of records did."`
	Fault           *string    `json:"fault,omitempty" doc:"Why it failed; nothing was kept then."`
	CancelRequested bool       `json:"cancel_requested"`
	StartedBy       *uuid.UUID `json:"started_by,omitempty" doc:"The membership that asked for it."`
	CreatedAt       time.Time  `json:"created_at"`
	StartedAt       *time.Time `json:"started_at,omitempty"`
	FinishedAt      *time.Time `json:"finished_at,omitempty"`
}

// Finding is one thing that cleansing changed (kept) or that could not be kept (quarantined).
type Finding struct {
	Position int     `json:"position"`
	File     string  `json:"file"`
	Line     int     `json:"line" doc:"Line in the file; the header is line 1."`
	Field    *string `json:"field,omitempty" doc:"The column, as the file names it."`
	Kept     bool    `json:"kept" doc:"False: the row is in quarantine."`
	Rule     string  `json:"rule" doc:"Stable code of the rule."`
	Was      *string `json:"was,omitempty"`
	Became   *string `json:"became,omitempty"`
	Reason   string  `json:"reason"`
}

// Tally counts what an import did with one sort of object.
type Tally struct {
	Created     int `json:"created"`
	Updated     int `json:"updated"`
	Unchanged   int `json:"unchanged"`
	Quarantined int `json:"quarantined"`
}

// Outcome is a number of opportunities and their amount.
type Outcome struct {
	Count  int    `json:"count"`
	Amount string `json:"amount" doc:"Vendor net, an exact decimal."`
}

// Summary says what an import did, or in a dry run would have done.
type Summary struct {
	Currency      string         `json:"currency"`
	Partners      Tally          `json:"partners"`
	Staff         Tally          `json:"staff"`
	Products      Tally          `json:"products"`
	Accounts      Tally          `json:"accounts" doc:"The vendor's accounts."`
	Links         Tally          `json:"links" doc:"The partners' own copies of accounts."`
	Opportunities Tally          `json:"opportunities"`
	Won           Outcome        `json:"won"`
	Lost          Outcome        `json:"lost"`
	Disqualified  Outcome        `json:"disqualified"`
	Open          Outcome        `json:"open"`
	ByStage       map[string]int `json:"by_stage"`
	Cleansed      map[string]int `json:"cleansed" doc:"Changes by rule; the rows were kept."`
	Quarantined   map[string]int `json:"quarantined" doc:"Rows left out, by rule."`

	records *Tally // of an import of records, which has nothing else
}
