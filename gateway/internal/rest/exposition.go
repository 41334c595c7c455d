package rest

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// gathered is for how long metrics are told before they are gathered anew.
const gathered = time.Second

// exposition is the metrics as a text that all share who ask in the same second, however slowly they
// read it: anybody may ask. Prometheus' own handler gathers and packs for each of them.
type exposition struct {
	gatherer prometheus.Gatherer

	mu   sync.Mutex
	at   time.Time
	text []byte
}

func (e *exposition) now() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.at) < gathered {
		return e.text, nil
	}
	families, err := e.gatherer.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather metrics: %w", err)
	}
	var text bytes.Buffer
	encoder := expfmt.NewEncoder(&text, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return nil, fmt.Errorf("encode metrics: %w", err)
		}
	}
	e.at, e.text = time.Now(), text.Bytes()
	return e.text, nil
}

func serveMetrics(s *service, c *gin.Context) error {
	text, err := s.exposition.now()
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, string(expfmt.NewFormat(expfmt.TypeTextPlain)), text)
	return nil
}
