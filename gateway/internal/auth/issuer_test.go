package auth

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
)

// rules let the issuers' operators act.
func rules() []Rule {
	return []Rule{{Issuer: "corp", Claims: map[string]string{"groups": "ops"}, Identity: "operator"}}
}

// authenticator believes the issuer, at the time that the clock shows.
func authenticator(t *testing.T, f *fakeIssuer, clock func() time.Time) *Authenticator {
	t.Helper()
	a := &Authenticator{now: clock}
	a.current.Store(&state{})
	apply, err := a.Prepare(Settings{Issuers: map[string]Issuer{"corp": f.settings()}, Rules: rules()})
	if err != nil {
		t.Fatal(err)
	}
	apply()
	t.Cleanup(a.Close)
	return a
}

// present authenticates a request with that Authorization header.
func (a *Authenticator) present(token string) (Caller, error) {
	r := httptest.NewRequest(http.MethodGet, "/v1/members/x", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	return a.Authenticate(r)
}

func TestATokenOfAnIssuer(t *testing.T) {
	key, other := rsaKey(t, "k1"), ecKey(t, "k2")
	f := newFakeIssuer(t, key, other)
	a := authenticator(t, f, time.Now)
	want := Caller{ID: f.URL + "#alice", Identity: "operator"}
	tests := []struct {
		name  string
		token string
		want  Caller
		code  waymark.Code
	}{
		{name: "RSA", token: key.sign(t, f.claims(t, nil)), want: want},
		{name: "ECDSA", token: other.sign(t, f.claims(t, nil)), want: want},
		{name: "an access token", token: key.sign(t, f.claims(t, nil), header{"typ", "at+jwt"}), want: want},
		{name: "no key id", token: testKey{private: key.private}.sign(t, f.claims(t, nil)), want: want},
		{name: "several audiences", token: key.sign(t, f.claims(t, map[string]any{"aud": []string{"x", "gateway"}})), want: want},
		{name: "within the skew", token: key.sign(t, f.claims(t, map[string]any{
			"exp": time.Now().Add(-20 * time.Second).Unix(), "nbf": time.Now().Add(20 * time.Second).Unix()})), want: want},
		{name: "a subject that could harm a log", token: key.sign(t, f.claims(t, map[string]any{"sub": "a\nb #c"})),
			want: Caller{ID: f.URL + "#a%0Ab%20%23c", Identity: "operator"}},
		{name: "no rule fits", token: key.sign(t, f.claims(t, map[string]any{"groups": "guests"})),
			want: Caller{ID: f.URL + "#alice"}, code: waymark.Forbidden},
	}
	for _, tt := range tests {
		if got, err := a.present(tt.token); got != tt.want || waymark.CodeOf(err) != tt.code {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

// TestAnIssuerThatIsDownComesBack: a gateway starts without its issuers, says what is wrong,
// and serves their tokens once they are there.
func TestAnIssuerThatIsDownComesBack(t *testing.T) {
	key := ecKey(t, "k1")
	f := newFakeIssuer(t, key)
	clock := newClock()
	a := authenticator(t, f, clock.now)
	token := key.sign(t, f.claims(t, nil))
	f.down.Store(true)
	if _, err := a.present(token); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("while it is down: %v", err)
	}
	f.down.Store(false)
	if _, err := a.present(token); err != nil {
		t.Errorf("once it is back: %v", err)
	}
	f.down.Store(true)
	clock.pass(keysFresh + time.Second)
	if _, err := a.present(token); err != nil {
		t.Errorf("down again, with keys that are not old: %v", err)
	}
	clock.pass(keysUsable)
	if _, err := a.present(token); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("down for long: %v", err)
	}
}

// TestKeysOfAnIssuerChange: a key counts from its publication on, and not long after it was
// withdrawn (ASVS 5.0: 9.1.3).
func TestKeysOfAnIssuerChange(t *testing.T) {
	first, second := ecKey(t, "k1"), ecKey(t, "k2")
	f := newFakeIssuer(t, first)
	clock := newClock()
	a := authenticator(t, f, clock.now)
	old, young := first.sign(t, f.claims(t, nil)), second.sign(t, f.claims(t, nil))
	if _, err := a.present(old); err != nil {
		t.Fatal(err)
	}
	if _, err := a.present(young); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("a key that is not published: %v", err)
	}
	f.publish(second)
	if _, err := a.present(young); err != nil {
		t.Errorf("a new key: %v", err)
	}
	if _, err := a.present(old); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("a withdrawn key: %v", err)
	}
	f.publish(first)
	clock.pass(keysFresh + time.Second)
	_, _ = a.present(young) // the keys are fetched beside this one
	a.Close()
	if _, err := a.present(young); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("a key that was withdrawn, with no other seen since: %v", err)
	}
}

// TestKeysAreNotAskedForAtWill: whoever makes up key ids makes us ask the issuer a few times.
func TestKeysAreNotAskedForAtWill(t *testing.T) {
	key := ecKey(t, "k1")
	f := newFakeIssuer(t, key)
	a := authenticator(t, f, newClock().now)
	good := key.sign(t, f.claims(t, nil))
	if _, err := a.present(good); err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for range 50 {
		made := testKey{id: "made-up", private: key.private}.sign(t, f.claims(t, nil))
		callers.Go(func() {
			if _, err := a.present(made); err == nil {
				t.Error("let in")
			}
			if _, err := a.present(good); err != nil {
				t.Errorf("a good token meanwhile: %v", err)
			}
		})
	}
	callers.Wait()
	if n := f.asked.Load(); n > 2*fetchBurst { // a fetch is two requests
		t.Errorf("the issuer was asked %d times", n)
	}
}

// TestKeysOfAnIssuerAreFew: a set that makes a forged token dear to check is not used, or not for
// that token; who has no credential can have as many checked as he likes.
func TestKeysOfAnIssuerAreFew(t *testing.T) {
	key := ecKey(t, "k1")
	set := func(n int, id func(int) string) []jose.JSONWebKey {
		var keys []jose.JSONWebKey
		for i := range n {
			keys = append(keys, jose.JSONWebKey{Key: key.private.Public(), KeyID: id(i), Use: "sig"})
		}
		return keys
	}
	own := func(i int) string { return "k" + strconv.Itoa(i) }
	same := func(int) string { return "k1" }
	tests := []struct {
		name string
		keys []jose.JSONWebKey
		kid  string
		want waymark.Code
	}{
		{name: "as many as there may be", keys: set(maxKeys, own), kid: "k1"},
		{name: "one more", keys: set(maxKeys+1, own), kid: "k1", want: waymark.Unavailable},
		{name: "of one id, as many as are tried", keys: set(maxTried, same), kid: "k1"},
		{name: "of one id, one more", keys: set(maxTried+1, same), kid: "k1", want: waymark.Unauthenticated},
		{name: "the token names none, of as many as are tried", keys: set(maxTried, own)},
		{name: "the token names none, of one more", keys: set(maxTried+1, own), want: waymark.Unauthenticated},
	}
	for _, tt := range tests {
		f := newFakeIssuer(t)
		f.publishSet(tt.keys)
		a := authenticator(t, f, time.Now)
		token := testKey{id: tt.kid, private: key.private}.sign(t, f.claims(t, nil))
		for _, when := range []string{"fetched for it", "known"} {
			if _, err := a.present(token); waymark.CodeOf(err) != tt.want {
				t.Errorf("%s, %s: %v, want %q", tt.name, when, err, tt.want)
			}
		}
	}
}

// TestAnIssuerThatNamesAnother is refused (ASVS 5.0: 10.5.3).
func TestAnIssuerThatNamesAnother(t *testing.T) {
	key := ecKey(t, "k1")
	f := newFakeIssuer(t, key)
	f.names.Store("https://elsewhere.example.com")
	a := authenticator(t, f, time.Now)
	if _, err := a.present(key.sign(t, f.claims(t, nil))); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("got %v", err)
	}
}

// TestFixedKeys: without discovery, and without following where a redirect leads.
func TestFixedKeys(t *testing.T) {
	key := ecKey(t, "k1")
	f := newFakeIssuer(t, key)
	f.names.Store("https://elsewhere.example.com")
	for path, want := range map[string]waymark.Code{"/keys": "", "/moved": waymark.Unavailable} {
		settings := f.settings()
		settings.KeysURL = f.URL + path
		a, err := New(Settings{Issuers: map[string]Issuer{"corp": settings}, Rules: rules()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.present(key.sign(t, f.claims(t, nil))); waymark.CodeOf(err) != want {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
		a.Close()
	}
}

// TestOtherSettingsKeepTheKeys: a change of the rules counts at once and asks no issuer.
func TestOtherSettingsKeepTheKeys(t *testing.T) {
	key := ecKey(t, "k1")
	f := newFakeIssuer(t, key)
	a := authenticator(t, f, time.Now)
	token := key.sign(t, f.claims(t, nil))
	if _, err := a.present(token); err != nil {
		t.Fatal(err)
	}
	asked := f.asked.Load()
	for _, rules := range [][]Rule{{{Issuer: "corp", Identity: "viewer"}}, nil} {
		apply, err := a.Prepare(Settings{Issuers: map[string]Issuer{"corp": f.settings()}, Rules: rules})
		if err != nil {
			t.Fatal(err)
		}
		apply()
		if got, err := a.present(token); (waymark.CodeOf(err) == waymark.Forbidden) != (rules == nil) || rules != nil && got.Identity != "viewer" {
			t.Errorf("%v: %+v, %v", rules, got, err)
		}
	}
	if f.asked.Load() != asked {
		t.Error("the issuer was asked again")
	}
	if err := os.WriteFile(f.caFile, certtest.NewAuthority(t).PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	apply, err := a.Prepare(Settings{Issuers: map[string]Issuer{"corp": f.settings()}, Rules: rules()})
	if err != nil {
		t.Fatal(err)
	}
	apply()
	if _, err := a.present(token); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("an issuer of another authority: %v", err)
	}
	missing := f.settings()
	missing.CAFile = "/nowhere"
	if _, err := a.Prepare(Settings{Issuers: map[string]Issuer{"corp": missing}}); err == nil {
		t.Error("a file that is not there is not noticed")
	}
}

// clock shows a time that the test lets pass.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
