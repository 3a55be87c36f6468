package githubtest

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// maxPage is the most nodes a connection gives.
const maxPage = 100

// connection cuts a list by first, last, after and before, as GitHub's
// connections do: one of first and last is needed, at most 100.
func connection[T any](kind, field string, rows []T, args map[string]any, write func(T) *gqlObject) (any, error) {
	first, hasFirst := intArg(args["first"])
	last, hasLast := intArg(args["last"])
	n := max(first, last)
	switch {
	case !hasFirst && !hasLast:
		return nil, gqlError{"MISSING_PAGINATION_BOUNDARIES",
			fmt.Sprintf("You must provide a `first` or `last` value to properly paginate the `%s` connection.", field)}
	case n > maxPage:
		return nil, gqlError{"EXCESSIVE_PAGINATION",
			fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `first` limit of %d records.", n,
				field, maxPage)}
	}
	from, to, err := span(args, len(rows))
	if err != nil {
		return nil, err
	}
	if hasFirst {
		to = min(to, from+first)
	}
	if hasLast {
		from = max(from, to-last)
	}
	nodes := []*gqlObject{}
	for _, row := range rows[from:to] {
		nodes = append(nodes, write(row))
	}
	info := map[string]any{"hasNextPage": to < len(rows), "hasPreviousPage": from > 0}
	if to > from {
		info["startCursor"], info["endCursor"] = cursor(from), cursor(to-1)
	}
	return &gqlObject{kind + "Connection", map[string]any{
		"nodes": nodes, "totalCount": len(rows), "pageInfo": &gqlObject{"PageInfo", info},
	}}, nil
}

// span reads after and before.
func span(args map[string]any, n int) (from, to int, err error) {
	to = n
	if after, ok := args["after"].(string); ok {
		i, err := cursorIndex(after, "after")
		if err != nil {
			return 0, 0, err
		}
		from = min(i+1, n)
	}
	if before, ok := args["before"].(string); ok {
		i, err := cursorIndex(before, "before")
		if err != nil {
			return 0, 0, err
		}
		to = max(min(i, n), from)
	}
	return from, to, nil
}

func cursor(i int) string {
	return base64.StdEncoding.EncodeToString([]byte("cursor:" + strconv.Itoa(i)))
}

func cursorIndex(s, arg string) (int, error) {
	text, _ := base64.StdEncoding.DecodeString(s)
	i, err := strconv.Atoi(strings.TrimPrefix(string(text), "cursor:"))
	if err != nil || i < 0 {
		return 0, gqlError{"INVALID_CURSOR_ARGUMENTS",
			fmt.Sprintf("`%s` does not appear to be a valid cursor for argument `%s`.", s, arg)}
	}
	return i, nil
}

// intArg reads an Int argument, which comes as different types from literals and variables.
func intArg(v any) (int, bool) {
	n, err := strconv.Atoi(fmt.Sprint(plainNumber(v)))
	return n, err == nil && v != nil
}
