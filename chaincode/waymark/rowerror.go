package waymark

import (
	"fmt"
	"strconv"
)

// MaxErrorRows bounds the rows that an Error lists.
const MaxErrorRows = 20

// RowError is what is wrong with one row of a request that holds many.
type RowError struct {
	Index   int      `json:"index" form:"row"` // counts the rows from 0
	Code    Code     `json:"code"`
	Message string   `json:"message"`
	Field   string   `json:"field,omitempty"` // JSON pointer to the row in the request
	Reasons []string `json:"reasons,omitempty"`
}

// RowErrors collects what is wrong with the rows of a request, in their order. It
// keeps the first MaxErrorRows and counts all.
type RowErrors struct {
	rows  []RowError
	count int
}

// Add notes that err is wrong with the row of an index, in the list that pointer
// names. A nil err is nothing wrong.
func (e *RowErrors) Add(pointer string, index int, err error) {
	if err == nil {
		return
	}
	e.count++
	if len(e.rows) == MaxErrorRows {
		return
	}
	fault := AsError(err)
	e.rows = append(e.rows, RowError{Index: index, Code: fault.Code, Message: fault.Message,
		Field: pointer + "/" + strconv.Itoa(index), Reasons: fault.Reasons})
}

// Err returns one error for all rows, nil if none was faulty: its code, field and
// reasons are those of the first faulty row. what is the rows' name, as in
// "registrations".
func (e *RowErrors) Err(what string, of int) error {
	if e.count == 0 {
		return nil
	}
	first := e.rows[0]
	return &Error{
		Code: first.Code, Field: first.Field, Reasons: first.Reasons, Rows: e.rows,
		Message: fmt.Sprintf("%d of %d %s are faulty, so none was taken; the first is %d: %s",
			e.count, of, what, first.Index, first.Message),
	}
}
