package catalog

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// MaxStages is the most stages that a process may have.
const MaxStages = 20

// Validate says what is wrong with a new product.
func (in NewProduct) Validate() error {
	var faults operational.Faults
	faults.Text("name", in.Name, 1, 200)
	faults.Text("family", in.Family, 1, 100)
	faults.Amount("list_price", in.ListPrice)
	return faults.Err()
}

// apply gives the product after the patch; what may not be cleared is reported.
func (patch UpdateProduct) apply(p Product) (Product, error) {
	var faults operational.Faults
	patch.Name.Required(&faults, "name", &p.Name)
	patch.Family.Required(&faults, "family", &p.Family)
	patch.ListPrice.Required(&faults, "list_price", &p.ListPrice)
	if patch.Active.Given && patch.Active.Value == nil {
		faults.Add("active", "It cannot be empty.", nil)
	}
	patch.Active.Into(&p.Active)
	patch.RecordTypeID.Into(&p.RecordTypeID)
	if err := faults.Err(); err != nil {
		return p, err
	}
	return p, NewProduct{Name: p.Name, Family: p.Family, ListPrice: p.ListPrice}.Validate()
}

func sameID(a, b *uuid.UUID) bool { return a == b || a != nil && b != nil && *a == *b }

// Validate says what is wrong with a new process: opportunities need a stage to begin in and one to end in.
func (in NewProcess) Validate() error {
	var faults operational.Faults
	faults.Text("name", in.Name, 1, 100)
	if len(in.Stages) > MaxStages {
		faults.Add("stages", fmt.Sprintf("There are more than %d.", MaxStages), len(in.Stages))
		return faults.Err()
	}
	seen, closed := map[string]bool{}, false
	count := map[StageType]int{}
	for i, stage := range in.Stages {
		at := fmt.Sprintf("stages[%d]", i)
		faults.Text(at+".name", stage.Name, 1, 60)
		if seen[stage.Name] {
			faults.Add(at+".name", "Another stage has this name.", stage.Name)
		}
		seen[stage.Name] = true
		switch stage.Type {
		case StageWon, StageLost, StageDisqualified:
			closed = true
		case StageActive:
			if closed {
				faults.Add(at+".type", "Active stages come before closed ones.", string(stage.Type))
			}
		default:
			faults.Add(at+".type", "It is none of active, won, lost, disqualified.", string(stage.Type))
		}
		count[stage.Type]++
	}
	for _, needed := range []StageType{StageActive, StageWon, StageLost} {
		if count[needed] == 0 {
			faults.Add("stages", fmt.Sprintf("There is no stage of type %s.", needed), nil)
		}
	}
	return faults.Err()
}

// apply gives the process after the patch. A stage that is there stays of its type: what an opportunity in it means would
// change otherwise.
func (patch UpdateProcess) apply(p SalesProcess) (SalesProcess, error) {
	var faults operational.Faults
	patch.Name.Required(&faults, "name", &p.Name)
	if patch.Active.Value != nil {
		p.Active = *patch.Active.Value
	}
	if d := patch.Default; d.Given && (d.Value == nil || !*d.Value) && p.Default {
		faults.Add("default", "One process is the usual one: make another one that, and this one is it no more.", nil)
	} else if d.Value != nil {
		p.Default = *d.Value
	}
	if p.Default && !p.Active {
		faults.Add("active", "The usual process takes new opportunities: make another one the usual one first.", nil)
	}
	if patch.Stages.Given {
		p.Stages = patch.stages(&faults, p)
	}
	if err := faults.Err(); err != nil {
		return p, err
	}
	wanted := NewProcess{Name: p.Name}
	for _, s := range p.Stages {
		wanted.Stages = append(wanted.Stages, NewStage{s.Name, s.Type})
	}
	return p, wanted.Validate()
}

// stages are those of the process after the patch, in their order.
func (patch UpdateProcess) stages(faults *operational.Faults, p SalesProcess) []Stage {
	if patch.Stages.Value == nil {
		faults.Add("stages", "They cannot be empty.", nil)
		return p.Stages
	}
	var stages []Stage
	seen := map[uuid.UUID]bool{}
	for i, c := range *patch.Stages.Value {
		at := fmt.Sprintf("stages[%d]", i)
		s := Stage{Name: c.Name, Type: c.Type, Position: i + 1} // a new one has no id yet
		if c.ID != nil {
			old, there := p.Stage(*c.ID)
			switch {
			case !there || seen[old.ID]:
				faults.Add(at+".id", "It is no stage of this process, or it is named twice.", c.ID.String())
			case c.Type != "" && c.Type != old.Type:
				faults.Add(at+".type", "It stays "+string(old.Type)+": what is in it would come to mean something else. Make a new stage.", string(c.Type))
			}
			s.ID, s.Type, seen[*c.ID] = *c.ID, old.Type, true
		}
		stages = append(stages, s)
	}
	return stages
}

// First is the stage that opportunities begin in.
func (p SalesProcess) First() Stage {
	for _, s := range p.Stages {
		if s.Type == StageActive {
			return s
		}
	}
	return Stage{}
}

// Named finds a stage by its name, without regard to case.
func (p SalesProcess) Named(name string) (Stage, bool) {
	for _, s := range p.Stages {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Stage{}, false
}
