package database

import (
	"errors"
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// settings are a row of a server's answer.
type settings []string

func (s settings) Scan(into ...any) error {
	if len(s) != len(into) {
		return errors.New("not so many")
	}
	for i, one := range into {
		*one.(*string) = s[i]
	}
	return nil
}

// A server that acknowledges what it may lose is refused.
func TestPostgresMustBeDurable(t *testing.T) {
	for _, tt := range []struct {
		commit, sync, pages string
		want                bool
	}{
		{"on", "on", "on", true}, {"remote_apply", "on", "on", true},
		{"off", "on", "on", false}, {"on", "off", "on", false}, {"on", "on", "off", false},
	} {
		err := durableBy(settings{tt.commit, tt.sync, tt.pages})
		if (err == nil) != tt.want || err != nil && waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	if err := durableBy(settings{}); err == nil || waymark.CodeOf(err) == waymark.Unavailable {
		t.Errorf("a server that does not say: %v", err)
	}
	if text := fmt.Sprint(durableBy(settings{"on", "off", "on"})); text != "the database may forget what it has acknowledged: nothing can be kept: synchronous_commit is on, fsync off, full_page_writes on" {
		t.Errorf("told %q", text)
	}
}
