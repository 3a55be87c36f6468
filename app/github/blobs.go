package github

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/app/job"
)

// Want is a file to be read, if it has at most Max bytes and is another blob than Known, which is read already or
// nothing.
type Want struct {
	Path  string
	Max   int
	Known string
}

// Blob is the content of a file at the head, or the reason why it was not read, in dfbot's own words as it follows "not
// reviewed: ".
type Blob struct {
	Source  []byte
	Skipped string
	Known   bool // it is the blob that was known, and not read again
}

const (
	// OneQuery is how many files one query asks for.
	OneQuery = 150
	// fewAliases is the same after a query that was not answered: GitHub gives up on one after ten seconds.
	fewAliases = 50
	// maxText is the most bytes of a blob that GraphQL gives untruncated (schema of Blob.isTruncated).
	maxText = 512_000
	// maxQueried is the most bytes of content that one query asks for.
	maxQueried = 4 << 20
	// readers is how many blobs are read at the same time.
	readers = 4
)

// Read reads files at the head, byte for byte, and those contents only that the client does not keep of earlier reads
// of the installation. Files that are not there are not in the answer. The same call looks whether the pull request
// still is what the snapshot says; if not, the error is [job.Stale].
func (s *Snapshot) Read(ctx context.Context, wants []Want) (map[string]Blob, error) {
	blobs := map[string]Blob{}
	var todo []fetch
	// the path at which a content is read, and the others that have it
	first, same := map[string]string{}, map[string]string{}
	for _, w := range wants {
		e, ok := s.at(w.Path)
		if _, twice := blobs[w.Path]; twice || !ok {
			continue
		}
		b, known := s.known(w, e)
		blobs[w.Path] = b
		switch p, read := first[e.blob]; {
		case known:
		case read:
			same[w.Path] = p
		default:
			todo = append(todo, fetch{Want: w, entry: e})
			if e.mode != "" { // of others the mode is still to be asked for
				first[e.blob] = w.Path
			}
		}
	}
	if err := s.fetch(ctx, todo, blobs); err != nil {
		return nil, fmt.Errorf("read files of %s: %w", s.Ref, typed(err))
	}
	for p, read := range same {
		blobs[p] = blobs[read]
	}
	return blobs, nil
}

// known is what can be said of a file without a call.
func (s *Snapshot) known(w Want, e entry) (b Blob, known bool) {
	if reason := e.unreadable(w.Max); reason != "" {
		return Blob{Skipped: reason}, true
	}
	if e.blob == w.Known {
		return Blob{Known: true}, true
	}
	source, kept := s.in.client.texts.get(s.Installation, e.blob)
	return blob(source, w.Max), kept && e.mode != ""
}

// Blob returns the name that git gives the content of a file at the head, and its size in bytes, as far as they are
// known.
func (s *Snapshot) Blob(path string) (name string, size int) {
	e, _ := s.at(path)
	return e.blob, e.size
}

// fetch is a blob to be read.
type fetch struct {
	Want
	entry
}

// at finds a file in the tree or, where that is cut off, among the changed files, which have no mode: the query asks
// for it.
func (s *Snapshot) at(path string) (entry, bool) {
	if e, ok := s.entries[path]; ok {
		return e, true
	}
	for _, f := range s.Files {
		if f.Path == path && f.Status != "removed" {
			return entry{blob: f.Blob}, true
		}
	}
	return entry{}, false
}

// unreadable says why a file is not to be read, or nothing.
func (e entry) unreadable(most int) string {
	switch {
	case e.mode == "120000":
		return "a symbolic link"
	case e.mode == "160000":
		return "a submodule"
	case e.size > most:
		return larger(most)
	}
	return ""
}

func larger(most int) string { return fmt.Sprintf("dfbot does not read files over %d KiB", most>>10) }

// fetch reads blobs, by queries as far as they go and one by one where they do not.
func (s *Snapshot) fetch(ctx context.Context, todo []fetch, into map[string]Blob) error {
	single := pool.New().WithContext(ctx).WithMaxGoroutines(readers).WithCancelOnError().WithFirstError()
	sources := make([][]byte, len(todo))
	skipped := make([]string, len(todo))
	for _, batch := range batches(todo) {
		texts, err := s.textsOf(ctx, todo, batch, skipped)
		if err != nil {
			return errors.Join(err, single.Wait())
		}
		for _, i := range batch {
			if text, ok := texts[i]; ok || skipped[i] != "" {
				sources[i] = text
				continue
			}
			single.Go(func(ctx context.Context) (err error) {
				sources[i], err = s.in.raw(ctx, s.Ref, todo[i].blob)
				return err
			})
		}
	}
	if err := single.Wait(); err != nil {
		return err
	}
	for i, f := range todo {
		if into[f.Path] = blob(sources[i], f.Max); skipped[i] != "" {
			into[f.Path] = Blob{Skipped: skipped[i]}
		}
	}
	return nil
}

// blob makes a Blob of what was read, or says why it is skipped.
func blob(source []byte, most int) Blob {
	switch {
	case len(source) > most:
		return Blob{Skipped: larger(most)}
	case bytes.HasPrefix(source, []byte("version https://git-lfs")):
		return Blob{Skipped: "a Git LFS pointer"}
	}
	return Blob{Source: source}
}

// batches splits what is to be read, by index, into what one query may ask for. What is too large for
// GraphQL is in a separate batch without a query.
func batches(todo []fetch) [][]int {
	var all [][]int
	var now []int
	size := 0
	for i, f := range todo {
		if len(now) == OneQuery || len(now) > 0 && size+f.size > maxQueried {
			all, now, size = append(all, now), nil, 0
		}
		now, size = append(now, i), size+f.size
	}
	if len(now) > 0 {
		all = append(all, now)
	}
	return all
}

// textsOf asks for the blobs of a batch, a few at a time if GitHub does not answer for all. What is then missing is for
// REST.
func (s *Snapshot) textsOf(ctx context.Context, todo []fetch, batch []int, skipped []string) (map[int][]byte, error) {
	all, err := s.texts(ctx, todo, batch, skipped)
	if !errors.Is(err, errNoGraphQL) || len(batch) <= fewAliases {
		return all, textless(err)
	}
	all = map[int][]byte{}
	for few := range slices.Chunk(batch, fewAliases) {
		some, err := s.texts(ctx, todo, few, skipped)
		if err != nil {
			return all, textless(err)
		}
		maps.Copy(all, some)
	}
	return all, nil
}

// textless takes a query that GitHub does not answer for one without texts.
func textless(err error) error {
	if errors.Is(err, errNoGraphQL) {
		return nil
	}
	return err
}

// texts asks for the blobs of a batch. Only such are in the answer whose text is, by its hash, the blob's content:
// GraphQL gives text that is decoded, cut off when long and null when binary. Why others are not to be read is put into
// skipped.
func (s *Snapshot) texts(ctx context.Context, todo []fetch, batch []int, skipped []string) (map[int][]byte, error) {
	q := blobQuery{variables: map[string]any{"owner": s.Owner, "name": s.Name, "number": s.Pull, "head": s.Head}}
	for _, i := range batch {
		q.add(i, todo[i])
	}
	var answer blobAnswer
	if err := s.in.query(ctx, q.text(), q.variables, &answer); err != nil {
		return nil, err
	}
	p := answer.Repository["pullRequest"]
	if p == nil {
		return nil, errNoGraphQL
	}
	if err := s.look(strings.ToLower(p.State), p.HeadRefOid); err != nil {
		return nil, err
	}
	texts := map[int][]byte{}
	for _, i := range batch {
		n := answer.Repository[fmt.Sprintf("b%d", i)]
		if n != nil && n.Text != nil && gitHash([]byte(*n.Text)) == todo[i].blob {
			texts[i] = []byte(*n.Text)
			s.in.client.texts.put(s.Installation, todo[i].blob, texts[i])
		}
		if m := answer.Modes.Object[fmt.Sprintf("m%d", i)]; m != nil {
			skipped[i] = entry{mode: fmt.Sprintf("%o", m.Mode)}.unreadable(todo[i].Max)
		}
	}
	return texts, nil
}

// blobAnswer is what GitHub answers to a blobQuery.
type blobAnswer struct {
	Repository map[string]*struct { // the pull request, and the blobs by their numbers
		blobNode
		State      string
		HeadRefOid string
	}
	Modes struct {
		Object map[string]*struct{ Mode int }
	}
}

// blobQuery is the query for the head and for blobs, by number; for those without a mode it asks for that too.
type blobQuery struct {
	params, blobs, modes strings.Builder
	variables            map[string]any
}

func (q *blobQuery) add(i int, f fetch) {
	if f.size <= maxText {
		fmt.Fprintf(&q.params, ", $b%d: GitObjectID!", i)
		fmt.Fprintf(&q.blobs, "    b%d: object(oid: $b%d) { ...content }\n", i, i)
		q.variables[fmt.Sprintf("b%d", i)] = f.blob
	}
	if f.mode == "" {
		fmt.Fprintf(&q.params, ", $m%d: String!", i)
		fmt.Fprintf(&q.modes, " m%d: file(path: $m%d) { mode }", i, i)
		q.variables[fmt.Sprintf("m%d", i)] = f.Path
	}
}

func (q *blobQuery) text() string {
	text := "  repository(owner: $owner, name: $name) {\n    pullRequest(number: $number) { state headRefOid }\n" +
		q.blobs.String() + "  }\n"
	if q.modes.Len() > 0 {
		q.params.WriteString(", $head: GitObjectID!")
		text += "  modes: repository(owner: $owner, name: $name) { object(oid: $head) { ... on Commit {" +
			q.modes.String() + " } } }\n"
	} else {
		delete(q.variables, "head")
	}
	text = "query($owner: String!, $name: String!, $number: Int!" + q.params.String() + ") {\n" + text + "}\n"
	if q.blobs.Len() > 0 {
		text += contentFragment
	}
	return text
}

// exact is the content of a blob: its text if that is it, else what REST gives.
func (in *installation) exact(ctx context.Context, ref job.Ref, n blobNode) ([]byte, error) {
	if n.Text != nil && gitHash([]byte(*n.Text)) == n.Oid {
		return []byte(*n.Text), nil
	}
	return in.raw(ctx, ref, n.Oid)
}

// raw reads a blob over REST. What does not have the blob's hash is not it, whatever its status, and is read again.
func (in *installation) raw(ctx context.Context, ref job.Ref, sha string) ([]byte, error) {
	if source, kept := in.client.texts.get(ref.Installation, sha); kept {
		return source, nil
	}
	wait := in.client.opts.RetryWait
	for try := 1; ; try++ {
		source, _, err := in.rest.Git.GetBlobRaw(ctx, ref.Owner, ref.Name, sha)
		if err == nil && gitHash(source) == sha {
			in.client.texts.put(ref.Installation, sha, source)
			return source, nil
		}
		if err == nil {
			err = errors.New("GitHub answered with other content")
		} else {
			try = reads
		}
		if try >= reads || !sleep(ctx, wait) {
			return nil, fmt.Errorf("read blob %s: %w", sha, err)
		}
		wait *= 4
	}
}

// gitHash is the name that git gives a blob (git-hash-object).
func gitHash(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}
