package openapi

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// manyOperations is from how many operations on a parameter that they have in common is a component.
const manyOperations = 3

// shareParameters adds to the components what many operations take, each by the parameter's name, and with a number after it if
// another parameter has that name. Operations refer to it then.
func shareParameters(paths *openapi3.Paths, components openapi3.ParametersMap) error {
	same := map[string][]*openapi3.ParameterRef{} // by the parameter's JSON
	for _, p := range written(paths) {
		text, err := json.Marshal(p.Value)
		if err != nil {
			return err
		}
		same[string(text)] = append(same[string(text)], p)
	}
	for _, text := range slices.Sorted(maps.Keys(same)) {
		if uses := same[text]; len(uses) >= manyOperations {
			name := freeName(components, uses[0].Value.Name)
			components[name] = &openapi3.ParameterRef{Value: uses[0].Value}
			for _, p := range uses {
				p.Ref = parameterPrefix + name
			}
		}
	}
	return nil
}

// written are the parameters of all operations that refer to no component.
func written(paths *openapi3.Paths) (all []*openapi3.ParameterRef) {
	for _, path := range paths.Map() {
		for _, operation := range path.Operations() {
			for _, p := range operation.Parameters {
				if p.Ref == "" {
					all = append(all, p)
				}
			}
		}
	}
	return all
}

func freeName(components openapi3.ParametersMap, name string) string {
	free := name
	for n := 2; components[free] != nil; n++ {
		free = name + "-" + strconv.Itoa(n)
	}
	return free
}
