"""Find in pictures and videos what should not be published: text, faces, codes and red stamps."""
