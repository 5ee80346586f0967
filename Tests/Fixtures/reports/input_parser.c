// Which input a program was working on: MODE says what dies, and FOLDER holds its files.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
  int line;
  const char *file;
  char *text;
  size_t at, size;
};

static char *far[65];

struct settings {
  int level;
  char log[64];
  const char *store;
};

__attribute__((noinline)) static int value(struct parser *parser) {
  volatile char frame[64];
  frame[0] = 1;
  if (parser->at < parser->size && parser->text[parser->at] == '(') {
    parser->at++;
    return value(parser) + frame[0];
  }
  return 1;
}

/// Reads a file, and runs out of stack where it is nested too deeply.
__attribute__((noinline)) static int parse(const char *path) {
  struct parser parser = {.line = 1, .file = path};
  FILE *file = fopen(path, "r");
  if (!file) exit(2);
  fseek(file, 0, SEEK_END);
  parser.size = (size_t)ftell(file);
  rewind(file);
  parser.text = malloc(parser.size + 1);
  parser.size = fread(parser.text, 1, parser.size, file);
  parser.text[parser.size] = 0;
  fclose(file);
  int result = value(&parser);
  free(parser.text);
  return result + parser.line;
}

__attribute__((noinline)) static void visit(const char *folder, int (*take)(const char *)) {
  DIR *open = opendir(folder);
  if (!open) exit(2);
  struct dirent *entry;
  while ((entry = readdir(open))) {
    if (entry->d_name[0] == '.') continue;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    take(path);
  }
  closedir(open);
}

__attribute__((noinline)) static int glance(const char *path) {
  FILE *file = fopen(path, "r");
  if (file) fclose(file);
  return file != NULL;
}

/// Dies in a recursion that has nothing to do with any file.
__attribute__((noinline)) static int count_down(const void *unused, int left) {
  volatile int *nowhere = NULL;
  if (left > 0) return count_down(unused, left - 1) + 1;
  return *nowhere + (unused == NULL);
}

__attribute__((noinline)) static int answer(char *request) {
  char *query = strchr(request, '\1');
  return *(volatile char *)query;
}

char *current_file;

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  if (!strcmp(argv[1], "walk")) {
    visit(argv[2], parse);
  } else if (!strcmp(argv[1], "argument")) {
    parse(argv[2]);
  } else if (!strcmp(argv[1], "elsewhere")) {
    visit(argv[2], glance);
    count_down(NULL, 5);
  } else if (!strcmp(argv[1], "variable")) {
    if (asprintf(&current_file, "%s/list.csv", argv[2]) < 0) return 2;
    glance(current_file);
    count_down(NULL, 5);
  } else if (!strcmp(argv[1], "far")) {
    for (int index = 0; index < 64; index++) far[index] = malloc(4096);
    if (asprintf(&far[64], "%s/far.csv", argv[2]) < 0) return 2;
    count_down(NULL, 5);
  } else if (!strcmp(argv[1], "list")) {
    char **names = calloc(4, sizeof *names);
    for (int index = 0; index < 4; index++)
      if (asprintf(&names[index], "%s/part%d.dat", argv[2], index) < 0) return 2;
    count_down(names, 5);
  } else if (!strcmp(argv[1], "settings")) {
    struct settings *settings = calloc(1, sizeof *settings);
    snprintf(settings->log, sizeof settings->log, "/srv/%s/events.log", argv[2]);
    if (asprintf((char **)&settings->store, "/srv/%s/state", argv[2]) < 0) return 2;
    count_down(settings, 5);
  } else if (!strcmp(argv[1], "message")) {
    char *message;
    if (asprintf(&message, "warning: %s/first.expr: GET /%s HTTP/1.1, select a file from it", argv[2], argv[2]) < 0)
      return 2;
    count_down(message, 5);
  } else {
    // "request" and "query": the rest of the arguments in one text.
    char *text;
    if (!strcmp(argv[1], "request")) {
      if (asprintf(&text, "PUT /%s/7?kind=a HTTP/1.1\r\nHost: example.org\r\n\r\n", argv[2]) < 0) return 2;
    } else if (asprintf(&text, "SELECT name FROM %s WHERE id = 7 ORDER BY name", argv[2]) < 0) {
      return 2;
    }
    answer(text);
  }
  return 0;
}
