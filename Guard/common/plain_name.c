/* The names of functions that compilers have mangled, where they say no more than how functions, types and modules lie in one another.
   Whatever has more to it (generic arguments, operators, constructors) stays as it is: it is right at least.

   Itanium C++ ABI, 5.1 (C++, and Rust's older scheme, which adds a hash); Rust RFC 2603; Swift's docs/ABI/Mangling.rst. */

#include "plain_name.h"

struct reading {
  const char *at;
  char *name;
  size_t length, size;
};

static int add(struct reading *reading, const char *text, size_t length) {
  if (length >= reading->size - reading->length) return 0;
  copy_bytes(reading->name + reading->length, text, length);
  reading->length += length;
  reading->name[reading->length] = 0;
  return 1;
}

/* "5parse": a length and as many letters. None of them is one that stands for something else. */
static int add_identifier(struct reading *reading, const char *separator) {
  size_t length = 0, index = 0;
  if (*reading->at < '1' || *reading->at > '9') return 0;
  while (*reading->at >= '0' && *reading->at <= '9' && length < 1000) length = length * 10 + (size_t)(*reading->at++ - '0');
  for (; index < length; index++) {
    char byte = reading->at[index];
    if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_')) return 0;
  }
  if (reading->length != 0 && !add(reading, separator, word_length(separator))) return 0;
  if (!add(reading, reading->at, length)) return 0;
  reading->at += length;
  return 1;
}

static int is_rust_hash(const char *at) {
  if (at[0] != '1' || at[1] != '7' || at[2] != 'h') return 0;
  for (int index = 3; index < 19; index++)
    if (!((at[index] >= '0' && at[index] <= '9') || (at[index] >= 'a' && at[index] <= 'f'))) return 0;
  return at[19] == 'E';
}

/* _ZN and names, up to E; _Z and one. */
static int read_itanium(struct reading *reading) {
  if (*reading->at != 'N') return add_identifier(reading, "") && *reading->at != 'I';
  reading->at++;
  if (*reading->at == 'K') reading->at++;
  while (*reading->at != 'E')
    if (reading->length != 0 && is_rust_hash(reading->at))
      reading->at += 19;
    else if (!add_identifier(reading, "::"))
      return 0;
  return 1;
}

static int skip_disambiguator(struct reading *reading) {
  if (*reading->at != 's') return 1;
  while (*reading->at != 0 && *reading->at != '_') reading->at++;
  return *reading->at++ == '_';
}

/* C and a crate; N, what it names, where that lies, and its name. */
static int read_rust(struct reading *reading, int depth) {
  char kind = *reading->at++;
  if (kind == 'N') {
    char space = *reading->at++;
    if ((space != 'v' && space != 't') || depth == 0 || !read_rust(reading, depth - 1)) return 0;
  } else if (kind != 'C') {
    return 0;
  }
  return skip_disambiguator(reading) && add_identifier(reading, "::");
}

/* $s, a module, types each with its kind (C class, V structure, O enumeration), a function's name; what follows are its labels and
   its type, up to F. */
static int read_swift(struct reading *reading) {
  if (!add_identifier(reading, "")) return 0;
  do
    if (!add_identifier(reading, ".")) return 0;
  while ((*reading->at == 'C' || *reading->at == 'V' || *reading->at == 'O') && *++reading->at != 0);
  const char *rest = reading->at;
  while (*rest != 0 && *rest != 'F') rest++;
  return rest[0] == 'F' && rest[1] == 0;
}

const char *plain_name(const char *mangled, char *name, size_t size) {
  struct reading reading = {mangled + 2, name, 0, size};
  name[0] = 0;
  int is_plain = mangled[0] == '_' && mangled[1] == 'Z'   ? read_itanium(&reading)
                 : mangled[0] == '_' && mangled[1] == 'R' ? read_rust(&reading, 16)
                 : mangled[0] == '$' && mangled[1] == 's' ? read_swift(&reading)
                                                          : 0;
  return is_plain ? name : mangled;
}
