package rules

type Private struct{ value []byte }

func (p Private) Reveal() []byte { return p.value }

type part struct{ Private }

type other struct{}

func (other) Reveal() []byte { return nil }

func reveal(p Private, o other) {
	_ = p.Reveal() // want `private data is revealed`
	_ = p.Reveal() //private: into its collection
	//determinism: this says nothing of privacy
	_ = p.Reveal() // want `private data is revealed`
	_ = o.Reveal()
	f := p.Reveal       // want `private data is revealed`
	g := Private.Reveal // want `private data is revealed`
	_, _ = f, g
	_ = part{p}.Reveal() // want `private data is revealed`
}
