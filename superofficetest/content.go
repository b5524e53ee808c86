package superofficetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The media types that the vendor documents.
const (
	mediaJSON       = "application/json"
	mediaTextJSON   = "text/json"
	mediaXML        = "application/xml"
	mediaTextXML    = "text/xml"
	mediaForm       = "application/x-www-form-urlencoded"
	mediaJSONPatch  = "application/json-patch+json"
	mediaMergePatch = "application/merge-patch+json"
)

// producible lists what an answer can be, the preferred one first. A form can
// only be sent, never asked for.
func producible() []string {
	return []string{mediaJSON, mediaTextJSON, mediaXML, mediaTextXML, mediaJSONPatch, mediaMergePatch}
}

// acceptRange is one element of an Accept header.
type acceptRange struct {
	pattern string // "application/json", "text/*" or "*/*"
	quality float64
}

// parseAccept reads the elements of Accept and leaves out those that make no
// sense.
func parseAccept(values []string) []acceptRange {
	var ranges []acceptRange
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		pattern, params, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		if quality, valid := parseQuality(params["q"]); valid {
			ranges = append(ranges, acceptRange{pattern, quality})
		}
	}
	return ranges
}

// parseQuality reads the value of a q parameter, which is 1 where it is
// missing.
func parseQuality(q string) (quality float64, valid bool) {
	if q == "" {
		return 1, true
	}
	quality, err := strconv.ParseFloat(q, 64)
	return quality, err == nil && quality >= 0 && quality <= 1
}

// negotiate chooses the media type of the answer: the one of the highest
// quality; among equals the one that the caller named first. No Accept is
// the same as */*.
func negotiate(accept []string) (media string, ok bool) {
	if strings.TrimSpace(strings.Join(accept, "")) == "" {
		return mediaJSON, true
	}
	ranges := parseAccept(accept)
	best, position := 0.0, len(ranges)
	for _, offer := range producible() {
		i := mostSpecific(ranges, offer)
		if i < 0 {
			continue
		}
		if q := ranges[i].quality; q > best || q == best && q > 0 && i < position {
			media, best, position = offer, q, i
		}
	}
	return media, media != ""
}

// mostSpecific returns the index of the range that says most precisely what
// the caller thinks of media, or -1.
func mostSpecific(ranges []acceptRange, media string) int {
	family, _, _ := strings.Cut(media, "/")
	for _, pattern := range []string{media, family + "/*", "*/*"} {
		i := slices.IndexFunc(ranges, func(r acceptRange) bool { return r.pattern == pattern })
		if i >= 0 {
			return i
		}
	}
	return -1
}

// encode writes a tree of maps, slices and scalars in the given media type.
// The root is the element's name if the type is XML.
func encode(media string, style xmlStyle, root string, value any) []byte {
	if media == mediaXML || media == mediaTextXML {
		return encodeXML(style, root, value)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic("superofficetest: a tree that was decoded from JSON or XML cannot be encoded: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// decode reads a request body into a tree. given is false if there is none.
func decode(contentType string, body []byte) (value any, given bool, failed *failure) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, false, nil
	}
	decoder, failed := decoderFor(contentType)
	if failed != nil {
		return nil, false, failed
	}
	value, err := decoder(body)
	if err != nil {
		return nil, false, frameworkFailure(http.StatusBadRequest, "The request body cannot be understood.", err.Error())
	}
	return value, true, nil
}

// isJSON reports whether a body of this type is JSON, whose values have types.
func isJSON(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == mediaTextJSON || media == mediaJSON || strings.HasSuffix(media, "+json")
}

func decoderFor(contentType string) (func([]byte) (any, error), *failure) {
	unsupported := frameworkFailure(http.StatusUnsupportedMediaType, "The media type of the request is not supported.", "")
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, unsupported
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, unsupported
	}
	switch media {
	case mediaJSON, mediaTextJSON, mediaJSONPatch, mediaMergePatch:
		return decodeJSON, nil
	case mediaXML, mediaTextXML:
		return decodeXML, nil
	case mediaForm:
		return decodeForm, nil
	}
	return nil, unsupported
}

// decodeJSON keeps numbers as they are written.
func decodeJSON(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the end of the JSON value")
	}
	return value, nil
}

// member finds a member of an object by name. Case is ignored, as the
// vendor's server ignores it; an exact name wins over another spelling.
func member(object map[string]any, name string) (value any, found bool) {
	if value, found = object[name]; found {
		return value, true
	}
	for _, key := range sortedKeys(object) {
		if strings.EqualFold(key, name) {
			return object[key], true
		}
	}
	return nil, false
}

func sortedKeys(object map[string]any) []string {
	return slices.Sorted(maps.Keys(object))
}
