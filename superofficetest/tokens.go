package superofficetest

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/superoffice-go/superoffice"
)

// tokenStore is the table of external tokens. Its trees are never changed
// after they were stored, so they can be served without a copy.
type tokenStore struct {
	mu    sync.Mutex
	saved int
	byKey map[string]map[string]any
}

// run is what the call with the given name, in lower case, does with the
// store, or nil.
func (t *tokenStore) run(name string) func(map[string]any) (any, *failure) {
	switch name {
	case "user/getexternaltokens":
		return t.get
	case "user/saveexternaltokens", "user/decryptandsaveexternaltokens":
		return t.save
	case "user/exchangecodeandsavetokens":
		return t.exchange
	}
	return nil
}

// PutExternalTokens stores info under key, over what was there. It is served
// exactly as given: nothing is filled in, unknown members included. It panics
// when info cannot be marshalled.
func (s *Server) PutExternalTokens(key string, info superoffice.TokenManagementInfo) {
	data, err := json.Marshal(info)
	if err != nil {
		panic(fmt.Sprintf("superofficetest: PutExternalTokens: %v", err))
	}
	value, err := decodeJSON(data)
	object, isObject := value.(map[string]any)
	if err != nil || !isObject {
		panic("superofficetest: PutExternalTokens: info does not marshal to a JSON object")
	}
	s.tokens.put(key, object)
}

func (t *tokenStore) put(key string, info map[string]any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey == nil {
		t.byKey = map[string]map[string]any{}
	}
	t.byKey[key] = info
}

// add stores info under a new key.
func (t *tokenStore) add(info map[string]any) string {
	t.mu.Lock()
	t.saved++
	key := fmt.Sprintf("external-token-%06d", t.saved)
	t.mu.Unlock()
	t.put(key, info)
	return key
}

// get is GetExternalTokens: a key that is not known gives null, not an error.
func (t *tokenStore) get(in map[string]any) (any, *failure) {
	key, failed := requiredText(in, "Key")
	if failed != nil {
		return nil, failed
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if info, found := t.byKey[key]; found {
		return info, nil
	}
	return nil, nil
}

// save is SaveExternalTokens, and DecryptAndSaveExternalTokens too, since
// nothing is encrypted here. Rights and field properties are the server's
// own, so what was sent of them is not looked at.
func (t *tokenStore) save(in map[string]any) (any, *failure) {
	value, _ := member(in, "TokenManagementInfo")
	given, isObject := value.(map[string]any)
	if !isObject {
		return nil, argumentFailure("TokenManagementInfo is missing.")
	}
	info := map[string]any{}
	for _, name := range tokenMembers() {
		text, failed := optionalText(given, name)
		if failed != nil {
			return nil, failed
		}
		info[name] = text
	}
	return t.add(withRights(info)), nil
}

// exchange is ExchangeCodeAndSaveTokens. The tokens are made from the code, so
// that a test can tell what they must be.
func (t *tokenStore) exchange(in map[string]any) (any, *failure) {
	provider, failed := requiredText(in, "Provider")
	if failed != nil {
		return nil, failed
	}
	code, failed := requiredText(in, "AuthorizationCode")
	if failed != nil {
		return nil, failed
	}
	nonce, failed := optionalText(in, "Nonce")
	if failed != nil {
		return nil, failed
	}
	return t.add(withRights(map[string]any{
		"Provider":     provider,
		"AccessToken":  "access-for-" + code,
		"RefreshToken": "refresh-for-" + code,
		"Claims":       string(encode(mediaJSON, xmlStyle{}, "", map[string]any{"nonce": nonce})),
	})), nil
}

func tokenMembers() []string {
	return []string{"Provider", "AccessToken", "RefreshToken", "Claims"}
}

// withRights adds what the server says about the carrier and its fields.
func withRights(info map[string]any) map[string]any {
	info["TableRight"] = map[string]any{"Mask": "Select, Update, Delete", "Reason": "[SR_NO_INSERT]"}
	info["FieldProperties"] = map[string]any{
		"Provider":     fieldProperty("Update, UIHintMandatory", "", 254),
		"AccessToken":  fieldProperty("FULL", "", 0),
		"RefreshToken": fieldProperty("FULL", "", 0),
		"Claims":       fieldProperty("Read, UIHintReadOnly", `US:"Read only";NO:"Skrivebeskyttet"`, 0),
	}
	return info
}

func fieldProperty(mask, reason string, length int) map[string]any {
	return map[string]any{
		"FieldRight":  map[string]any{"Mask": mask, "Reason": reason},
		"FieldType":   "System.String",
		"FieldLength": length,
	}
}

// optionalText returns a member as text, or nil if it is null or missing.
// Numbers and booleans count as their text, since the vendor's server is that
// lenient.
func optionalText(object map[string]any, name string) (any, *failure) {
	value, _ := member(object, name)
	switch value := value.(type) {
	case nil:
		return nil, nil
	case string:
		return value, nil
	case json.Number, bool:
		return fmt.Sprint(value), nil
	}
	return nil, argumentFailure(name + " must be text.")
}

func requiredText(object map[string]any, name string) (string, *failure) {
	value, failed := optionalText(object, name)
	if failed != nil {
		return "", failed
	}
	text, _ := value.(string)
	if text == "" {
		return "", argumentFailure(name + " is missing.")
	}
	return text, nil
}
