package gatewaytest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// leases are those of one identity, by this process's clock.
type leases struct {
	mu   sync.Mutex
	rows map[string]client.Lease
}

func (l *leases) serve(mux *http.ServeMux) {
	mux.HandleFunc("PUT /v1/leases/{name}", l.take)
	mux.HandleFunc("POST /v1/leases/{name}/release", l.release)
	mux.HandleFunc("GET /v1/leases", l.list)
}

func (l *leases) take(w http.ResponseWriter, r *http.Request) {
	var asked waymark.LeaseRequest
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		problem(w, Failure{Status: http.StatusBadRequest, Code: waymark.Invalid})
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, name := time.Now(), r.PathValue("name")
	was := l.rows[name]
	if was.Holder != asked.Holder && now.Before(was.Until) {
		problem(w, Failure{Status: http.StatusConflict, Code: waymark.AlreadyExists})
		return
	}
	l.rows[name] = client.Lease{Name: name, Holder: asked.Holder, Note: asked.Note, Term: now.UnixMilli(), Until: now.Add(time.Duration(asked.Seconds) * time.Second)}
	_ = json.NewEncoder(w).Encode(l.rows[name])
}

func (l *leases) release(w http.ResponseWriter, r *http.Request) {
	var asked waymark.ReleaseRequest
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		problem(w, Failure{Status: http.StatusBadRequest, Code: waymark.Invalid})
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.rows[r.PathValue("name")]
	if was.Holder != asked.Holder {
		problem(w, Failure{Status: http.StatusNotFound, Code: waymark.NotFound})
		return
	}
	delete(l.rows, was.Name)
	_ = json.NewEncoder(w).Encode(was)
}

func (l *leases) list(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := client.LeaseList{Leases: []client.Lease{}}
	for _, lease := range l.rows {
		if strings.HasPrefix(lease.Name, r.URL.Query().Get("prefix")) && time.Now().Before(lease.Until) {
			list.Leases = append(list.Leases, lease)
		}
	}
	_ = json.NewEncoder(w).Encode(list)
}
