package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"admit/activities"
)

// TestReadmeNamesWhatATemplateSees holds that who writes templates of their own
// finds every field in the README.
func TestReadmeNamesWhatATemplateSees(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n| a template sees |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, of := range []reflect.Type{reflect.TypeFor[activities.MailData](), reflect.TypeFor[activities.AskData]()} {
		for i := range of.NumField() {
			if name := of.Field(i).Name; !strings.Contains(table, "`."+name+"`") {
				t.Errorf("%s.%s is not told of", of.Name(), name)
			}
		}
	}
}
