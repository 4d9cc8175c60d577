package opportunities

import (
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
)

// ListStatement is the statement that a list begins with, for looking at its plan.
func ListStatement(actor operational.Actor, q operational.Query) (sql string, args []any, err error) {
	s, err := listFor(actor, nil).FirstSlice(actor, q)
	pieces := strings.NewReplacer("{keys}", s.Keys, "{from}", s.From, "{where}", s.Where, "{order}", s.Order, "{limit}", strconv.Itoa(s.Limit))
	return pieces.Replace(listSQL(actor.Side, viewsOf(actor).never)), s.Args, err
}
