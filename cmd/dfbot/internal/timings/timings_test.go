package timings

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// raw is what BuildKit prints of a build: a step that it left and came back to, one from the cache, one that failed.
const raw = `{"vertexes":[{"digest":"sha256:a","name":"[build 4/7] RUN npm ci","started":"2026-01-01T00:00:00Z"}]}
{"vertexes":[{"digest":"sha256:a","name":"[build 4/7] RUN npm ci","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:30Z"}]}
{"statuses":[{"id":"x","vertex":"sha256:a","current":1,"timestamp":"2026-01-01T00:00:00Z"}]}
{"logs":[{"vertex":"sha256:a","stream":1,"data":"aGVsbG8=","timestamp":"2026-01-01T00:00:00Z"}]}
{"vertexes":[{"digest":"sha256:a","name":"[build 4/7] RUN npm ci","started":"2026-01-01T00:01:00Z","completed":"2026-01-01T00:01:11.5Z"}]}
{"vertexes":[{"digest":"sha256:b","name":"[build 5/7] RUN true","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:00Z","cached":true}]}
{"vertexes":[{"digest":"sha256:c","name":"[build 6/7] RUN false","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:09Z","error":"exit code: 1"}]}
{"vertexes":[{"digest":"sha256:d","name":"[internal] load build context","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:09Z"}]}
{"vertexes":[{"digest":"sha256:e","name":"[linux/arm64 2/3] RUN make","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:02Z"}]}
`

func TestRead(t *testing.T) {
	own := `{"api/Dockerfile": {"RUN npm ci": 41.5, "[test 1/2] RUN npm test": 3}, "Dockerfile": {"RUN make": 1}}`
	for _, c := range []struct {
		text, dockerfile, name string
		want                   float64 // -1: not known
	}{
		{own, "api/Dockerfile", "[build 4/7] RUN npm ci", 41.5},
		{own, "api/Dockerfile", "[4/7] RUN npm ci", 41.5},
		{own, "api/Dockerfile", "[test 2/2] RUN npm test", 3},
		{own, "api/Dockerfile", "[build 2/2] RUN npm test", -1},
		{own, "Dockerfile", "[build 4/7] RUN npm ci", -1},
		{raw, "any/Dockerfile", "[build 3/3] RUN npm ci", 41.5},
		{raw, "any/Dockerfile", "[3/3] RUN npm ci", -1},
		{raw, "any/Dockerfile", "[build 5/7] RUN true", -1},
		{raw, "any/Dockerfile", "[build 6/7] RUN false", -1},
		{raw, "any/Dockerfile", "[internal] load build context", -1},
		{raw, "any/Dockerfile", "[2/3] RUN make", 2},
		{raw + strings.NewReplacer("00:00:02Z", "00:00:04Z", "sha256:e", "sha256:f").Replace(raw), "Dockerfile",
			"[2/3] RUN make", 3},
	} {
		times, err := Read(strings.NewReader(c.text))
		if err != nil {
			t.Fatal(err)
		}
		got, known := times.Seconds(c.dockerfile, c.name)
		if !known {
			got = -1
		}
		if got != c.want {
			t.Errorf("%s: %s takes %v, want %v", c.dockerfile, c.name, got, c.want)
		}
	}
	if _, known := (*Timings)(nil).Seconds("Dockerfile", "RUN make"); known {
		t.Error("without a file, a time is known")
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "no time of a step",
		"{}":                                     "no time of a step",
		"no":                                     "no JSON of a known form",
		`{"Dockerfile": 3}`:                      "an object of steps",
		`{"a": {"RUN x": -1}}`:                   "-1 is no time of RUN x",
		`{"vertexes": [3]}`:                      "vertexes",
		"\x1f\x8bno":                             "unpack the build record",
		string(packed(t, "other")):               "no build record",
		string(record(t, []byte{1})):             "cut off",
		string(record(t, []byte{9, 0, 0, 0, 1})): "cut off",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestRecord reads a record as `docker buildx history export` writes it.
func TestRecord(t *testing.T) {
	var status []byte
	from, to := field(5, moment(100, 0)), field(6, moment(101, 500_000_000))
	for _, times := range []string{from, from + to} {
		message := field(1, field(1, "sha256:a")+field(3, "[2/3] RUN make")+times)
		status = append(binary.LittleEndian.AppendUint32(status, uint32(len(message))), message...)
	}
	times, err := Read(bytes.NewReader(record(t, status)))
	if err != nil {
		t.Fatal(err)
	}
	if got, known := times.Seconds("Dockerfile", "[2/2] RUN make"); got != 1.5 || !known {
		t.Errorf("it takes %v, %v", got, known)
	}
}

// field is a field of a message, with its number and its length.
func field(number byte, value string) string {
	return string(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(value)))) + value
}

// moment is a time as a message has it.
func moment(seconds, nanos uint64) string {
	return string(binary.AppendUvarint(binary.AppendUvarint([]byte{1 << 3}, seconds), 2<<3)) +
		string(binary.AppendUvarint(nil, nanos))
}

// record packs what BuildKit reported of one build.
func record(t *testing.T, status []byte) []byte {
	t.Helper()
	return packed(t, "index.json", `{"manifests":[{"digest":"sha256:1"}]}`,
		"blobs/sha256/1", `{"layers":[{"mediaType":"application/vnd.buildkit.otlp.json.v0","digest":"sha256:2"},`+
			`{"mediaType":"application/vnd.buildkit.status.v0","digest":"sha256:3"}]}`,
		"blobs/sha256/2", "{}", "blobs/sha256/3", string(status), "oci-layout", `{"imageLayoutVersion":"1.0.0"}`)
}

// packed is a compressed archive of files, by their names and texts.
func packed(t *testing.T, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	archive := tar.NewWriter(z)
	for i := 0; i+1 < len(files); i += 2 {
		err := archive.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o444})
		if err == nil {
			_, err = fmt.Fprint(archive, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	archive.Close()
	z.Close()
	return out.Bytes()
}
