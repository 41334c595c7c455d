package rest

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// memberName is the name of a field in JSON, and so of its query parameter.
func memberName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// setMembers sets the fields of what a list is asked by from the query. What they must be besides
// is said by its Validate.
func setMembers(into any, query func(string) string) error {
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		name := memberName(v.Type().Field(i))
		given := query(name)
		if given == "" {
			continue
		}
		if err := setMember(v.Field(i), given); err != nil {
			return waymark.Errorf(waymark.Invalid, "the query parameter %s must be %s", name, wordsOf(v.Field(i).Type()))
		}
	}
	return nil
}

// wordsOf says what a parameter that is no text must be.
func wordsOf(t reflect.Type) string {
	if t == timeType {
		return "a time as RFC 3339 writes it"
	}
	return "a number"
}

var timeType = reflect.TypeFor[time.Time]()

func setMember(v reflect.Value, given string) error {
	if v.Type() == timeType {
		t, err := time.Parse(time.RFC3339Nano, given)
		v.Set(reflect.ValueOf(t.UTC()))
		return err
	}
	switch v.Kind() {
	case reflect.Int:
		n, err := strconv.ParseInt(given, 10, 32)
		v.SetInt(n)
		return err
	case reflect.Uint64:
		n, err := strconv.ParseUint(given, 10, 64)
		v.SetUint(n)
		return err
	default:
		v.SetString(given)
		return nil
	}
}

// listParameters are the query parameters of a list: the members of what it is asked by, but those that its path says.
func listParameters(r route, inPath []Parameter) []Parameter {
	var all []Parameter
	for f := range reflect.TypeOf(r.listed).Fields() {
		if slices.ContainsFunc(inPath, func(p Parameter) bool { return r.says(p, f) }) {
			continue
		}
		p := Parameter{Name: memberName(f), Query: true, Field: f.Name, Type: typeString, Required: !waymark.Optional(f)}
		if f.Type.Kind() != reflect.String && f.Type != timeType {
			p.Type = typeInteger
		}
		all = append(all, p)
	}
	return all
}

// says reports whether a parameter of the path says a member of what is asked.
func (r route) says(p Parameter, f reflect.StructField) bool {
	return !reflect.ValueOf(r.doc.asked(only(p))).FieldByIndex(f.Index).IsZero()
}
