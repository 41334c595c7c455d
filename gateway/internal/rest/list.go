package rest

import (
	"reflect"
	"strconv"
	"strings"

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
			return waymark.Errorf(waymark.Invalid, "the query parameter %s must be a number", name)
		}
	}
	return nil
}

func setMember(v reflect.Value, given string) error {
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

// listParameters are the query parameters of a list.
func listParameters(listed any) []Parameter {
	if listed == nil {
		return nil
	}
	var all []Parameter
	for f := range reflect.TypeOf(listed).Fields() {
		p := Parameter{Name: memberName(f), Query: true, Required: !waymark.Optional(f), Field: f.Name, Type: typeString}
		if f.Type.Kind() != reflect.String {
			p.Type = typeInteger
		}
		all = append(all, p)
	}
	return all
}
