package superoffice_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// A file goes to disk as it arrives, however large it is.
func ExampleStream() {
	server := superofficetest.NewServer()
	defer server.Close()
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := save(context.Background(), server.Client(), 7, filepath.Join(folder, "offer.pdf")); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 32 bytes of application/octet-stream
}

// save is what a program does with a document. An error of Copy means that the
// file is not whole.
func save(ctx context.Context, client *superoffice.Client, documentID int, path string) error {
	stream, err := client.Document.GetDocumentStream(ctx, documentID)
	if errors.Is(err, superoffice.ErrNotFound) {
		return fmt.Errorf("document %d has no file: %w", documentID, err)
	}
	if err != nil {
		return err
	}
	defer stream.Close()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	n, err := io.Copy(file, stream)
	fmt.Println(n, "bytes of", stream.ContentType)
	return errors.Join(err, file.Close())
}

// A file is read while it is sent. It can go back, so the call is sent again
// where any other call would be.
func ExampleDocumentAgent_SetDocumentStreamFromID() {
	server := superofficetest.NewServer()
	defer server.Close()
	client := server.Client()

	file, err := os.Open("go.mod")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	document, err := client.Document.SetDocumentStreamFromID(context.Background(), 7, file)
	if err != nil {
		log.Fatal(err)
	}
	stored, err := client.Document.GetDocumentStream(context.Background(), document.DocumentID)
	if err != nil {
		log.Fatal(err)
	}
	defer stored.Close()
	line, err := bufio.NewReader(stored).ReadString('\n')
	fmt.Println(document.DocumentID, line, err)
	// Output:
	// 7 module github.com/superoffice-go/superoffice
	//  <nil>
}
