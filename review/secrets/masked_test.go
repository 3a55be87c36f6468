package secrets

import (
	"strings"
	"testing"
)

func TestMasked(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"RUN apt-get  update && apt-get install -y curl=7.88", "RUN apt-get update && apt-get install -y curl=7.88"},
		{"ENV DB_PASSWORD=hunter2 A=b", "ENV DB_PASSWORD=… A=b"},
		{"ENV DB_PASSWORD hunter2", "ENV DB_PASSWORD …"},
		{`ENV DB_PASSWORD="my hunter2 x" A=b`, "ENV DB_PASSWORD=… … … A=b"},
		{"RUN mysql --password hunter2 shop", "RUN mysql --password … shop"},
		{"RUN mysql --password=hunter2 shop", "RUN mysql --password=… shop"},
		{`RUN curl -H "X-Auth-Token: hunter2"`, `RUN curl -H "X-Auth-Token: …`},
		{"RUN git clone https://me:hunter2@git.acme.io/a", "RUN git clone …/a"},
		{"RUN login AKIAQ3EGV7QWERTYUIOP", "RUN login …"},
		{"ARG KEY=a8f5f167f44f4964e6c998dee827110c", "ARG KEY=…"},
		{"FROM a@sha256:a8f5f167f44f4964e6c998dee827110c", "FROM a@sha256:a8f5f167f44f4964e6c998dee827110c"},
		{"RUN echo a8f5f167f44f4964e6c998dee827110c", "RUN echo …"},
	} {
		got := Masked(tt.text)
		if got != tt.want {
			t.Errorf("Masked(%q) = %q, want %q", tt.text, got, tt.want)
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%q has the password", got)
		}
	}
}
