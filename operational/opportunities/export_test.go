package opportunities

import (
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
)

// ListStatement is the statement that a list runs, for looking at its plan.
func ListStatement(side operational.Side, q operational.Query) (sql string, args []any, err error) {
	s, err := lists[side].Slice(q)
	pieces := strings.NewReplacer("{keys}", s.Keys, "{where}", s.Where, "{order}", s.Order, "{limit}", strconv.Itoa(s.Limit))
	return pieces.Replace(listSQL[side]), s.Args, err
}
